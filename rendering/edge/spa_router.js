// Part of a CloudFront Function (viewer request, cloudfront-js-2.0) of the single-page application.
// A path whose last part has no dot is a route that the browser resolves, so index.html answers
// it. Any other path names a file. API and socket paths have behaviours of their own and never
// come here, except for a bare /api: it is left alone, so that a page never answers it.
function route(request) {
    const path = request.uri;
    if (/^\/(api|collab)(\/|$)/.test(path)) {
        return request;
    }
    const lastPart = path.slice(path.lastIndexOf('/') + 1);
    const isFile = /\.|%2e/i.test(lastPart) && !/^(\.|%2e){1,2}$/i.test(lastPart);
    if (!isFile) {
        request.uri = '/index.html';
    }
    return request;
}
