/**
 * Runs one command line: finds the command in the manifest, loads its class alone, runs it, and turns a fault into a message
 * and an exit code.
 *
 * oclif gives the classes, the parsing and the help. Its own start (finding plugins on disk, reading user plugins and hooks)
 * is left out: everything is in one bundle, and a tool that runs as root loads no code from a home directory.
 */

import { type CommandClass, commands } from 'ipsec:commands';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, Config, type Interfaces } from '@oclif/core';
import { UsageError } from '../model/tool-error.js';
import { handleClosedPipes, isClosedPipe, onClosedPipe } from './closed-pipe.js';
import { describeFault, didYouMean, printFault } from './fault.js';
import { globalFlags } from './flags.js';
import { ProgramHelp } from './help.js';
import { type Known, resolveCommand } from './resolve-command.js';

export interface Start {
  /** The package's folder. */
  readonly root: string;
  /** The folder of the bundle and its manifest. */
  readonly dist: string;
  /** package.json, parsed. */
  readonly pjson: Interfaces.PJSON;
  /** The name under which the program was called; help and messages use it. */
  readonly bin: string;
  /** What follows the program's name. */
  readonly argv: readonly string[];
  /** Gives the words that count instead of `argv`; may throw UsageError. */
  readonly translate?: () => readonly string[];
}

/** What the build writes beside the bundle: every command's flags and texts, taken from its class. */
export interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, Command.Cached>>;
}

/** Runs `start.argv`; never rejects. The exit code is left in `process.exitCode`. */
export async function dispatch(start: Start): Promise<void> {
  handleClosedPipes();
  const { bin } = start;
  let { argv } = start;
  let command: string | undefined;
  const fail = (error: unknown) => {
    const fault = describeFault(error, { bin, command });
    printFault(fault, error, { bin, json: wantsJson(argv) });
    process.exitCode = fault.exitCode;
    return fault;
  };
  process.on('uncaughtException', (error) => {
    if (isClosedPipe(error)) return onClosedPipe();
    fail(error);
    process.exit();
  });
  try {
    argv = start.translate?.() ?? argv;
    const config = await loadConfig(start);
    const resolution = resolveCommand(argv, knownFrom(config));
    switch (resolution.kind) {
      case 'version':
        process.stdout.write(`${config.userAgent}\n`);
        return;
      case 'help':
        await new ProgramHelp(config, config.pjson.oclif.helpOptions ?? {}).showHelp([...resolution.words]);
        return;
      case 'command': {
        command = resolution.id.replaceAll(':', ' ');
        const loaded = await config.findCommand(resolution.id, { must: true }).load();
        const commandClass = loaded as unknown as CommandClass;
        await new commandClass([...resolution.argv], config).execute();
        return;
      }
      case 'unknown-command': {
        const meant = resolution.suggestion === undefined ? [] : [`"${bin} ${resolution.suggestion}"`];
        const message = `unknown command "${resolution.words}"`;
        throw new UsageError(message, { code: 'UNKNOWN_COMMAND', hints: didYouMean(meant) });
      }
      case 'unknown-flag': {
        const hints = didYouMean(resolution.suggestion === undefined ? [] : [resolution.suggestion]);
        throw new UsageError(`unknown flag ${resolution.flag}`, { code: 'UNKNOWN_FLAG', hints });
      }
      case 'no-command':
        throw new UsageError('a command is missing', { code: 'NO_COMMAND' });
    }
  } catch (error) {
    fail(error);
  }
}

/** oclif's configuration with our one "plugin", which is this bundle, so that nothing is looked for on disk. */
async function loadConfig(start: Start): Promise<Config> {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(start.dist, 'manifest.json'), 'utf8'));
  const topics = start.pjson.oclif.topics ?? {};
  const ids = Object.keys(manifest.commands);
  const pjson: Interfaces.PJSON = {
    ...start.pjson,
    oclif: {
      ...start.pjson.oclif,
      bin: start.bin,
      // A topic that is described before it has commands would be offered in vain.
      topics: Object.fromEntries(
        Object.entries(topics).filter(([name]) => ids.some((id) => id.startsWith(`${name}:`))),
      ),
    },
  };
  const plugins = new Map([[pjson.name, bundlePlugin(manifest, pjson, start.root)]]);
  const config = new ThemelessConfig({ root: start.root, pjson, plugins });
  await config.load();
  return config;
}

/** Without the search for a theme in the home directory. */
class ThemelessConfig extends Config {
  override async loadTheme(): Promise<undefined> {
    return undefined;
  }
}

function bundlePlugin(manifest: Manifest, pjson: Interfaces.PJSON, root: string): Interfaces.Plugin {
  const load = async (id: string): Promise<Command.Class> => {
    const { default: commandClass } = await commands[id]!();
    commandClass.id = id;
    return commandClass as unknown as Command.Class;
  };
  const entries = Object.entries(manifest.commands);
  return {
    _base: '',
    alias: pjson.name,
    commandIDs: entries.map(([id]) => id),
    commands: entries.map(([id, command]) => ({ ...command, load: () => load(id) })),
    commandsDir: undefined,
    findCommand: load,
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => {},
    moduleType: 'commonjs',
    name: pjson.name,
    options: { root },
    pjson,
    root,
    topics: Object.entries(pjson.oclif.topics ?? {}).map(([name, topic]) => ({ ...topic, name })),
    type: 'core',
    valid: true,
    version: manifest.version,
  };
}

function knownFrom(config: Config): Known {
  const flags = Object.entries(globalFlags).flatMap(([name, flag]) => {
    const entry = { takesValue: flag.type === 'option' };
    const spellings = [`--${name}`, ...('char' in flag && flag.char ? [`-${flag.char}`] : [])];
    return spellings.map((spelling) => [spelling, entry] as const);
  });
  return { ids: config.commandIDs, globalFlags: new Map(flags) };
}

/** Also when the command line could not be parsed, or not even the command was found. */
function wantsJson(argv: readonly string[]): boolean {
  const dashes = argv.indexOf('--');
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  return own.some(
    (arg, index) => arg === '--json' || arg === '--format=json' || (arg === 'json' && own[index - 1] === '--format'),
  );
}
