/** Places for results: what is wrong with them is told before the work, and in words. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFilePlace, checkFolderPlace } from '../../src/cli/output-places.js';
import { UsageError } from '../../src/model/tool-error.js';
import { folderWith } from '../support/folder.js';

const fault = (action: () => void): { message: string; hints: readonly string[] } => {
  try {
    action();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UsageError);
    return thrown as UsageError;
  }
  throw new Error('nothing was thrown');
};

describe('a file', () => {
  it('may be new or there, and is neither made nor changed', () => {
    const folder = folderWith({ 'old.txt': 'text' });
    checkFilePlace(path.join(folder, 'old.txt'));
    checkFilePlace(path.join(folder, 'new.txt'));
    checkFilePlace('/dev/null');
    expect(existsSync(path.join(folder, 'new.txt'))).toBe(false);
    expect(statSync(path.join(folder, 'old.txt')).size).toBe(4);
  });

  it('is no folder, nor in one that is not there', () => {
    const folder = folderWith({ 'old.txt': 'text' });
    expect(fault(() => checkFilePlace(folder))).toMatchObject({
      message: `cannot write ${folder} (EISDIR)`,
      hints: ['It is a folder: name a file.'],
    });
    const lost = path.join(folder, 'none', 'x.txt');
    expect(fault(() => checkFilePlace(lost))).toMatchObject({
      message: `cannot write ${lost} (ENOENT)`,
      hints: ['The folder is not there.'],
    });
    expect(fault(() => checkFilePlace(path.join(folder, 'old.txt', 'x.txt'))).message).toMatch(/\(ENOTDIR\)$/);
  });
});

describe('a folder', () => {
  it('may be new, with those above it, and is not made', () => {
    const folder = path.join(folderWith({}), 'a', 'b');
    checkFolderPlace(folder);
    expect(existsSync(path.dirname(folder))).toBe(false);
  });

  it('is no file, nor below one', () => {
    const file = path.join(folderWith({ 'old.txt': 'text' }), 'old.txt');
    for (const place of [file, path.join(file, 'x')]) {
      expect(fault(() => checkFolderPlace(place)).message).toBe(`cannot write ${place} (ENOTDIR)`);
    }
  });
});
