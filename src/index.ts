/**
 * The library: the values of the model and, as they come, the services that the commands call.
 */
export * from './model/finding.js';
export * from './model/span.js';
export type * from './model/system-config.js';
export * from './model/tool-error.js';
