/** Files of a git revision, laid out in a folder of their own for as long as somebody looks at them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EnvironmentError, UsageError } from '../model/tool-error.js';

export interface CheckedOut {
  /** Folder with the files, readable by this user only. */
  readonly folder: string;
  /** What it shows, as `HEAD~1` or `v2:hosts`. */
  readonly label: string;
  /** Removes the folder. */
  remove(): void;
}

/**
 * Checks out `REV`, or `REV:FOLDER`, into a temporary folder; without a folder the one that corresponds to the current
 * folder is taken. Neither the repository nor its index is touched. Undefined where the word names no revision.
 */
export async function checkOutRevision(word: string): Promise<CheckedOut | undefined> {
  // A word that begins with a hyphen would be an option to git.
  if (word.startsWith('-') || /[\0-\x20]/.test(word)) return undefined;
  const colon = word.indexOf(':');
  const revision = colon === -1 ? word : word.slice(0, colon);
  const commit = await git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
  if (commit === undefined) return undefined;
  const prefix = colon === -1 ? ((await git(['rev-parse', '--show-prefix'])) ?? '') : word.slice(colon + 1);
  const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-diff-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const env = { GIT_INDEX_FILE: path.join(folder, '.index') };
    const tree = await git(['rev-parse', '--verify', '--quiet', `${commit}:${prefix.replace(/\/$/, '')}`]);
    if (tree === undefined)
      throw new UsageError(`revision ${revision} has no ${prefix || 'files here'}`, { code: 'NO_SUCH_FILE' });
    const type = await git(['cat-file', '-t', tree]);
    if (type !== 'tree')
      throw new UsageError(`${word} is a file; name a folder of the revision`, { code: 'NO_SUCH_FILE' });
    // In a subfolder of the work tree git would only look at what is below it.
    const cwd = (await git(['rev-parse', '--show-toplevel'])) ?? '.';
    await gitOrFail(['read-tree', tree], { env, cwd });
    await gitOrFail(['checkout-index', '--all', '--force', `--prefix=${folder}/files/`], { env, cwd });
    return { folder: path.join(folder, 'files'), label: word, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

interface GitOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Output of a git command without the line break at its end; undefined when it fails. */
async function git(args: readonly string[], options: GitOptions = {}): Promise<string | undefined> {
  const { execa } = await import('execa');
  const result = await execa('git', args, { ...options, reject: false, timeout: 60_000, stdin: 'ignore' });
  if (result.code === 'ENOENT')
    throw new EnvironmentError('git is not installed, and a revision was named', { code: 'GIT' });
  return result.exitCode === 0 ? String(result.stdout) : undefined;
}

async function gitOrFail(args: readonly string[], options: GitOptions): Promise<void> {
  if ((await git(args, options)) === undefined) throw new EnvironmentError(`git ${args[0]} failed`, { code: 'GIT' });
}
