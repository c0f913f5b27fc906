export * from '../model/range-index.js';
