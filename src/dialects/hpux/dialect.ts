/** The record language as a format that other configurations are converted to; it is read by the parser of its own. */
import { dialects } from '../../model/language/dialect.js';
import type { Dialect } from '../dialect.js';
import { languageDefault, writeRecords } from './write.js';

export const records: Dialect = {
  name: 'records',
  title: 'HP-UX IPSec batch',
  versions: dialects,
  defaultVersion: languageDefault,
  detect: () => undefined,
  write: writeRecords,
};
