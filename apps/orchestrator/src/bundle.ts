import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';
import { WORKFLOW_BUNDLE } from './workflow-worker.js';

// Once, when the application is built: a pod's file system can't be written to, and starts at once.
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
  logger: new DefaultLogger('WARN'),
});
writeFileSync(WORKFLOW_BUNDLE, code);
