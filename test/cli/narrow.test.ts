/** Each command on terminals narrower than its texts: nothing is left for the terminal to break. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/report/width.js';
import { withoutColours } from '../report/support/colours.js';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';
import { noTerminal, onTerminal } from '../support/pseudo-terminal.js';

const examples = path.resolve(import.meta.dirname, '../../examples');
const commands = [
  'policy lint faulty',
  'policy lint site --profile cnsa2',
  'policy show faulty/here.conf',
  'policy show faulty/here.conf --resolved --origin',
  'policy show site --decorrelated',
  'policy query host-to-host/alpha.conf --src 192.0.2.10 --dst 198.51.100.20',
  'policy query faulty/here.conf --src 10.1.1.1 --dst 10.2.2.2',
  'policy diff faulty/here.conf faulty/there.conf',
  'policy test site',
  'policy rules',
  'policy rules SHD001',
  'plan host-to-host/alpha.conf --assume-empty',
  'negotiate --simulate faulty/here.conf faulty/there.conf',
  'negotiate --simulate --matrix site',
  'decode faulty/capture.pcapng',
  'explain',
  'explain LOCKOUT',
  'policy lnt',
  'policy query faulty',
];

describe.skipIf(noTerminal !== undefined)(
  `on a terminal${noTerminal === undefined ? '' : ` (skipped: ${noTerminal})`}`,
  () => {
    it.each([40, 60, 80])('of %d columns no line is longer', { timeout: 120_000 }, async (columns) => {
      const outputs = await onTerminal(
        commands.map((command) => command.split(' ')),
        { columns, cwd: examples },
      );
      for (const [index, command] of commands.entries()) {
        const output = outputs[index] ?? '';
        expect(output, command).not.toBe('');
        // A bar of progress is drawn over, and over again.
        const lines = withoutColours(output.replaceAll(/[^\n]*\r(?:\u001b\[K)?/g, '')).split('\n');
        expect(
          lines.filter((line) => displayWidth(line) > columns),
          command,
        ).toEqual([]);
      }
    });

    it('in colour the same words stand on it', { timeout: 60_000 }, async () => {
      const command = ['policy', 'lint', 'faulty', '--no-progress'];
      const [inColour] = await onTerminal([command], { columns: 40, cwd: examples });
      const [plain] = await onTerminal([command], { columns: 40, cwd: examples, env: { NO_COLOR: '1' } });
      expect(inColour).toContain('\u001b[31m');
      expect(withoutColours(inColour!)).toBe(plain);
    });
  },
);

describe('without a terminal', () => {
  it('lines stay whole', async () => {
    const { stdout } = await runCli(['policy', 'query', 'faulty/here.conf', '--src', '10.1.1.1', '--dst', '10.2.2.2'], {
      cwd: examples,
    });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeGreaterThan(100);
  });

  it('COLUMNS tells a width', async () => {
    const { stdout } = await runCli(['policy', 'lint', 'faulty'], { cwd: examples, env: { COLUMNS: '60' } });
    expect(stdout.split('\n').filter((line) => displayWidth(line) > 60)).toEqual([]);
  });

  it('a file holds whole lines, whatever the terminal is', async () => {
    const file = path.join(folderWith({}), 'report.txt');
    await runCli(['policy', 'lint', 'faulty', '-o', file], { cwd: examples, env: { COLUMNS: '60' } });
    expect(
      Math.max(
        ...readFileSync(file, 'utf8')
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeGreaterThan(100);
  });
});
