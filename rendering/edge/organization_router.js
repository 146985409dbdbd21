import cf from 'cloudfront';

// Part of a CloudFront Function (viewer request, cloudfront-js-2.0) of the home cell: a request of
// an organization that lives in another cell is sent to that cell's own name, before anything of it
// reaches this cell's region. The directory holds opaque ids and names of cells, nothing else.
const DIRECTORY = cf.kvs();
const DOMAIN = '{{DOMAIN}}';
const OWN_CELL = '{{OWN_CELL}}';
const OTHER_CELLS = '{{OTHER_CELLS}}'.split(',');

const OPAQUE_ID = /^[A-Za-z0-9_-]{1,64}$/;

// The path names an organization most plainly, then the API client's header, then the browser's
// cookie, which is all that the handshake of a WebSocket brings along.
function organizationOf(request) {
    const inPath = /^(?:\/api)?\/organizations\/([^/]+)/.exec(request.uri);
    const header = request.headers['x-organization-id'];
    const cookie = request.cookies['organization'];
    const given = inPath ? inPath[1] : header ? header.value : cookie ? cookie.value : '';
    let id = given;
    try {
        id = decodeURIComponent(given);
    } catch (error) {
        // No text at all, hence no id.
        return null;
    }
    return OPAQUE_ID.test(id) ? id : null;
}

function queryOf(request) {
    const pairs = [];
    for (const name in request.querystring) {
        const entry = request.querystring[name];
        const values = entry.multiValue || [entry];
        for (let index = 0; index < values.length; index += 1) {
            pairs.push(values[index].value === '' ? name : `${name}=${values[index].value}`);
        }
    }
    return pairs.length ? `?${pairs.join('&')}` : '';
}

// The answer that sends the request elsewhere, or null where it is right here. An organization that
// the directory doesn't know is the application's to refuse. A directory that can't be read, or
// that names a cell unknown here, ends the request: serving it could leak it.
async function elsewhere(request) {
    const id = organizationOf(request);
    if (id === null || !(await DIRECTORY.exists(id))) {
        return null;
    }
    const cell = await DIRECTORY.get(id);
    if (cell === OWN_CELL) {
        return null;
    }
    if (OTHER_CELLS.indexOf(cell) < 0) {
        return {
            statusCode: 503,
            statusDescription: 'Service Unavailable',
            headers: { 'cache-control': { value: 'no-store' }, 'retry-after': { value: '60' } },
        };
    }
    return {
        // 307 keeps method and body.
        statusCode: 307,
        statusDescription: 'Temporary Redirect',
        headers: {
            'cache-control': { value: 'no-store' },
            location: { value: `https://${cell}.${DOMAIN}${request.uri}${queryOf(request)}` },
        },
    };
}
