/** `ipsec.config.{json,yaml}` and the inventory: their shapes, and how they are found and read. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../model/tool-error.js';
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
  return validate(toolConfigSchema, await readStructured(file), file);
}

/** Reads an inventory file. */
export async function readInventory(file: string): Promise<Inventory> {
  const { inventorySchema } = await import('./schema.js');
  return validate(inventorySchema, await readStructured(file), file);
}

/** The value of a YAML or JSON file (JSON is YAML); what cannot be read is a usage error that names line and column. */
export async function readStructured(file: string): Promise<unknown> {
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
  return document.toJS({ maxAliasCount: 100 });
}

interface Schema<T> {
  safeParse(value: unknown):
    | { success: true; data: T }
    | {
        success: false;
        error: { issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };
      };
}

export function validate<T>(schema: Schema<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 5)
    .map(({ path: at, message }) => `${at.map(String).join('.') || 'the file'}: ${message}`);
  throw new UsageError(`${file}: ${issues[0]}`, {
    code: 'CONFIG',
    hints: [...issues.slice(1), 'Schemas are printed by `ipsec schema config`, `inventory` and `scenario`.'],
  });
}
