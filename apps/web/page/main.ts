import { showAnalyses } from './analyses.js';
import { showPatients } from './patients.js';
import { showDocument } from './shared-document.js';

showPatients();
showAnalyses();
showDocument();
