/** `ipsec.config.{json,yaml}` and the inventory: their shapes, and how they are found and read. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../model/tool-error.js';
import type { Issue } from './explain-issues.js';
import type { Inventory, ToolConfig } from './schema.js';

export const configNames = ['ipsec.config.yaml', 'ipsec.config.yml', 'ipsec.config.json'] as const;

export interface FoundConfig {
  readonly config: ToolConfig;
  /** Absolute path of the file; absent where there is none. */
  readonly file?: string;
  /** Folder that its relative paths count from. */
  readonly root?: string;
}

/** Reads the named configuration, or the first one found from `from` upward; without any, the defaults. */
export async function findConfig(from: string, named?: string): Promise<FoundConfig> {
  if (named !== undefined) {
    const file = path.resolve(named);
    if (!existsSync(file)) throw new UsageError(`there is no configuration file ${named}`, { code: 'CONFIG' });
    return { config: await readConfig(file), file, root: path.dirname(file) };
  }
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    const file = configNames.map((name) => path.join(folder, name)).find((candidate) => existsSync(candidate));
    if (file) return { config: await readConfig(file), file, root: folder };
    // A configuration above the repository belongs to something else.
    if (existsSync(path.join(folder, '.git')) || path.dirname(folder) === folder) return { config: {} };
  }
}

async function readConfig(file: string): Promise<ToolConfig> {
  const { toolConfigSchema } = await import('./schema.js');
  return readChecked(toolConfigSchema, file);
}

/** Reads an inventory file. */
export async function readInventory(file: string): Promise<Inventory> {
  const { inventorySchema } = await import('./schema.js');
  return readChecked(inventorySchema, file);
}

/**
 * The value of a YAML or JSON file (JSON is YAML), checked against the schema. What cannot be read or does not fit is a
 * UsageError that names line and column, and what was probably meant.
 */
export async function readChecked<T>(schema: Schema<T>, file: string): Promise<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${file} (${(cause as NodeJS.ErrnoException).code})`, { code: 'CONFIG', cause });
  }
  const { parseDocument } = await import('./parse-yaml.js');
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const [place] = error.linePos ?? [];
    const said = error.message.split('\n', 1)[0]!.replace(/ at line \d+, column \d+:?$/, '');
    throw new UsageError(`${file}${place ? `:${place.line}:${place.col}` : ''}: ${said}`, { code: 'CONFIG' });
  }
  // Aliases can make a small file expand without end; configurations do not need more than a few.
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const { explainIssues } = await import('./explain-issues.js');
  const [first = 'it does not fit its schema', ...more] = explainIssues(schema, result.error.issues, {
    value,
    placeOf: (path, key) => placeOf(text, document, path, key),
  }).map(({ place, message }) => `${file}${place === undefined ? '' : `:${place}`}: ${message}`);
  throw new UsageError(first, {
    code: 'CONFIG',
    hints: [...more, 'Schemas are printed by `ipsec schema config`, `inventory` and `scenario`.'],
  });
}

/** `line:column` of what stands at a path of the document, or of a key in it; undefined where nothing does. */
function placeOf(
  text: string,
  document: { getIn(path: readonly PropertyKey[], keepScalar: true): unknown },
  path: readonly PropertyKey[],
  key?: string,
): string | undefined {
  const node = document.getIn(path, true) as YamlNode | undefined;
  const found = key === undefined ? node : node?.items?.find((item) => item.key?.value === key)?.key;
  const offset = found?.range?.[0];
  if (offset === undefined) return undefined;
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

/** The part of a node of the YAML parser that is used. */
interface YamlNode {
  readonly range?: readonly number[] | null;
  readonly items?: readonly { readonly key?: YamlNode & { readonly value?: unknown } }[];
}

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: { issues: readonly Issue[] } };
}
