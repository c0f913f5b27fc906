/** The list of commands and flags is an interface: a change of it must be seen. `npm run golden` writes it anew. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from '@oclif/core';
import { expect, it } from 'vitest';
import { globalFlags } from '../../src/cli/flags.js';
import { builtProgram } from '../support/cli.js';

const golden = path.resolve(import.meta.dirname, '..', 'golden', 'cli', 'commands.txt');

async function commands(): Promise<readonly Command.Cached[]> {
  const manifest = path.join(await builtProgram(), 'dist', 'manifest.json');
  return Object.values(JSON.parse(readFileSync(manifest, 'utf8')).commands);
}

it('commands and their flags are as in the golden file', async () => {
  const sections = (await commands()).map((command) =>
    [
      `${command.id.replaceAll(':', ' ')}${command.hidden ? ' (hidden)' : ''}`,
      ...argLines(command),
      ...flagLines(command),
    ].join('\n  '),
  );
  await expect(`${sections.sort().join('\n\n')}\n`).toMatchFileSnapshot(golden);
});

it('every command has a summary, an example and the global flags', async () => {
  for (const { id, hidden, summary, examples, flags } of await commands()) {
    expect(Object.keys(flags), id).toEqual(expect.arrayContaining(Object.keys(globalFlags)));
    if (hidden) continue;
    expect(summary, id).toMatch(/\.$/);
    expect(examples?.length ?? 0, id).toBeGreaterThan(0);
  }
});

it('one flag means the same everywhere: a long name always has the same letter, and a letter the same name', async () => {
  const seen = new Map<string, string>();
  for (const { id, flags } of await commands()) {
    for (const [name, { char }] of Object.entries(flags)) {
      if (char === undefined) continue;
      for (const [key, value] of [
        [`-${char}`, name],
        [`--${name}`, char],
      ] as const) {
        expect(seen.get(key) ?? value, `${key} of ${id}`).toBe(value);
        seen.set(key, value);
      }
    }
  }
});

function argLines({ args }: Command.Cached): string[] {
  return Object.values(args).map((arg) => `${arg.name}${arg.required ? '' : '?'}${arg.multiple ? ' …' : ''}`);
}

function flagLines({ flags }: Command.Cached): string[] {
  const own = Object.entries(flags).filter(([name]) => !(name in globalFlags));
  return own.map(([name, flag]) => {
    const value = flag.type === 'option' ? ` ${flag.options?.join('|') ?? flag.helpValue ?? 'VALUE'}` : '';
    const notes = [
      flag.required && 'required',
      flag.type === 'option' && flag.multiple && 'repeatable',
      flag.hidden && 'hidden',
    ];
    const marks = notes.filter((note) => typeof note === 'string');
    return `--${name}${flag.char ? ` -${flag.char}` : ''}${value}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
  });
}
