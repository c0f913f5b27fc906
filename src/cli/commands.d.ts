/**
 * The table of all commands. The build makes this module from the files under src/commands (scripts/build-program.mjs), each
 * behind a function, so that only the command that runs is loaded.
 */
declare module 'ipsec:commands' {
  import type { Config } from '@oclif/core';
  import type { BaseCommand } from '../base-command.js';

  export type CommandClass = typeof BaseCommand & (new (argv: string[], config: Config) => BaseCommand);
  export const commands: Readonly<Record<string, () => Promise<{ readonly default: CommandClass }>>>;
}
