/** Flags of every command that reads records, and what they mean to the loader. */
import { Args, Flags } from '@oclif/core';
import { dialects } from '../model/language/dialect.js';
import { readableFormats } from '../services/formats.js';
import type { LoadOptions } from '../services/repository/load-repository.js';

const helpGroup = 'READING';

export const loadFlags = {
  dialect: Flags.option({ options: dialects })({
    helpGroup,
    helpValue: 'DIALECT',
    summary: `Dialect of files that state none: ${dialects.join(', ')}.`,
  }),
  defaults: Flags.string({ helpGroup, helpValue: 'FILE', summary: 'Profile file with the default values of records.' }),
  strict: Flags.boolean({ helpGroup, summary: 'Accept only argument names that are written in full.' }),
  'format-in': Flags.string({
    helpGroup,
    helpValue: 'FORMAT',
    summary: `Format of the files instead of what they look like: ${readableFormats.join(', ')}; NAME@VERSION for a product's version.`,
  }),
  'stdin-filename': Flags.string({ helpGroup, helpValue: 'NAME', summary: 'What to call the text of standard input.' }),
};

/** `[PATHS...]`: files, folders or `-`. Commands with it set `strict = false`. */
export const pathsArgs = {
  paths: Args.string({ description: 'Record files, folders, or - for standard input (default: the current folder).' }),
};

interface LoadFlagValues {
  readonly config?: string;
  readonly dialect?: (typeof dialects)[number];
  readonly defaults?: string;
  readonly strict?: boolean;
  readonly 'format-in'?: string;
  readonly 'stdin-filename'?: string;
}

/** The loader's options for parsed flags and paths. */
export function loadOptions(flags: LoadFlagValues, paths: readonly string[]): LoadOptions {
  return {
    paths,
    ...(flags.config === undefined ? {} : { configFile: flags.config }),
    ...(flags.dialect === undefined ? {} : { dialect: flags.dialect }),
    ...(flags.defaults === undefined ? {} : { defaults: flags.defaults }),
    ...(flags.strict ? { strict: true } : {}),
    ...(flags['format-in'] === undefined ? {} : { formatIn: flags['format-in'] }),
    ...(flags['stdin-filename'] === undefined ? {} : { stdinFilename: flags['stdin-filename'] }),
  };
}
