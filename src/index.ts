/**
 * The library: what the commands do, as functions with types.
 *
 *     import { lint, loadPolicy, negotiate, plan } from 'ipsec';
 */
export * from './library/lint.js';
export * from './library/negotiate.js';
export * from './library/plan.js';
export * from './library/policy.js';
export * from './model/finding.js';
export type { Problem } from './model/problem.js';
export * from './model/span.js';
export type * from './model/system-config.js';
export * from './model/tool-error.js';
export type * from './report/negotiation/document.js';
export type { PlanDocument } from './report/plan.js';
