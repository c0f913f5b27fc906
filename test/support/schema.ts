/** Validators of our own JSON output: the schemas of schemas/ with every object closed, so that a member too many is seen. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { root } from './sources.js';

type Schema = Record<string, unknown>;

function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const copy: Schema = Object.fromEntries(entries);
  return copy.type === 'object' && copy.properties ? { ...copy, additionalProperties: false } : copy;
}

/** The validator of `schemas/NAME.schema.json`. */
export function schemaValidator(name: string) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  const file = path.join(root, 'schemas', `${name}.schema.json`);
  return ajv.compile(closed(JSON.parse(readFileSync(file, 'utf8'))) as Schema);
}
