/**
 * The YAML parser. In a module of its own, because it is loaded only where there is something to read, and a CommonJS package
 * that is imported on demand keeps its names only through a static import.
 */
export { parseDocument } from 'yaml';
