/** Completion in real zsh and fish, where they are installed. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../../support/folder.js';
import { completionsOf, lines, repository } from './shells.js';

describe.each(['zsh', 'fish'] as const)('%s', (shell) => {
  const missing = !existsSync(`/usr/bin/${shell}`);

  describe.skipIf(missing)(`is there${missing ? ` (skipped: /usr/bin/${shell} is not installed)` : ''}`, () => {
    it.each(lines)('$words', async ({ words, offered, only }) => {
      const found = await completionsOf(shell, words.split(' '), folderWith(repository));
      if (only) expect(found).toEqual([...offered].sort());
      else expect(found).toEqual(expect.arrayContaining([...offered]));
    });

    it('completes behind an equals sign and behind commas', async () => {
      const cwd = folderWith({});
      const behind = await completionsOf(shell, ['ipsec', 'policy', 'lint', '--format=j'], cwd);
      expect(behind.map((word) => word.replace('--format=', ''))).toEqual(['json', 'jsonl', 'junit']);
      const list = await completionsOf(shell, ['ipsec', 'policy', 'lint', '--select', 'SHD001,SHD00'], cwd);
      expect(list.map((word) => word.replace('SHD001,', ''))).toEqual(expect.arrayContaining(['SHD002', 'SHD009']));
    });
  });
});
