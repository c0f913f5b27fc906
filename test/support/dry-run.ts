/** Dry runs for tests, and suggestions as a reader makes them: by hand, in the file and at the line that they name. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import type { ChangeDocument, NegotiationDocument } from '../../src/report/negotiation/document.js';
import { type NegotiateOptions, negotiate } from '../../src/services/negotiate/negotiate.js';

export async function dryRun(
  systems: readonly string[],
  options: Partial<NegotiateOptions> = {},
): Promise<NegotiationDocument> {
  const { document } = await negotiate({
    systems,
    further: [],
    seed: '1',
    beginsAt: new Date('2026-11-01T00:00:00Z'),
    faults: { nat: [] },
    profiles: [],
    detail: 'messages',
    suggest: true,
    ...options,
  });
  return document;
}

/** What stands for `[secret]` in the lines that a change takes out, and in those that it puts in. */
export interface Secrets {
  readonly taken: string;
  readonly put: string;
}

/** The text of a file after a change: the lines that are taken out must stand where it says. */
export function changedText(before: string, { diff, at, title }: ChangeDocument, secrets?: Secrets): string {
  const linesOf = (sign: string, secret: string | undefined): string[] =>
    diff
      .filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1).replaceAll('[secret]', () => secret ?? '[secret]'));
  const [taken, put] = [linesOf('-', secrets?.taken), linesOf('+', secrets?.put)];
  const lines = before.split('\n');
  expect(lines.splice(at!.line - 1, taken.length, ...put), title).toEqual(taken);
  const after = lines.join('\n');
  expect(after, title).not.toBe(before);
  return after;
}

/** Makes the changes in the files of a folder while something runs. */
export async function withChanges<T>(
  folder: string,
  changes: readonly ChangeDocument[],
  run: () => Promise<T>,
  secretsOf?: (change: ChangeDocument) => Secrets,
): Promise<T> {
  const before = new Map<string, string>();
  for (const change of changes) {
    const file = path.join(folder, path.relative(folder, path.resolve(change.at!.path)));
    const text = readFileSync(file, 'utf8');
    if (!before.has(file)) before.set(file, text);
    writeFileSync(file, changedText(text, change, secretsOf?.(change)));
  }
  try {
    return await run();
  } finally {
    for (const [file, text] of before) writeFileSync(file, text);
  }
}

/** Keys are never shown: such lines cannot be copied. */
export function isMasked({ diff }: ChangeDocument): boolean {
  return diff.some((line) => line.includes('[secret]'));
}
