/** The commands that write pages and pictures, as processes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { folderWith } from '../support/folder.js';
import { root } from '../support/sources.js';

const faulty = path.join(root, 'examples', 'faulty');
const files = ['here', 'there'].map((name) => path.join(faulty, `${name}.conf`));

describe('report html', () => {
  it('writes a page, tells of it in JSON, and fails where something is wrong', async () => {
    const cwd = folderWith({});
    const { stdout, stderr, code } = await runCli(['report', 'html', faulty, '-o', 'out.html', '--json'], { cwd });
    const document = JSON.parse(stdout);
    const ajv = new Ajv2020({ strict: true });
    const schema = JSON.parse(readFileSync(path.join(root, 'schemas', 'html-report-v1.schema.json'), 'utf8'));
    const validate = ajv.compile({ ...schema, additionalProperties: false });
    expect([validate(document), validate.errors]).toEqual([true, null]);
    const page = readFileSync(path.join(cwd, 'out.html'));
    expect(document).toMatchObject({
      file: 'out.html',
      octets: page.length,
      systems: 2,
      pairs: 1,
      failingPairs: 1,
      failed: true,
    });
    expect(stderr).toBe('the report is in out.html\n');
    expect(code).toBe(1);
    expect(page.toString('utf8').startsWith('<!doctype html>')).toBe(true);
  });

  it('is good where all is well, and writes to the standard output', async () => {
    const { stdout, code } = await runCli(['report', 'html', path.join(root, 'examples', 'site'), '--no-negotiate']);
    expect(code).toBe(0);
    expect(stdout.endsWith('</html>\n')).toBe(true);
    expect(stdout.includes('Nothing was negotiated')).toBe(true);
  });

  it('says what is wrong with the place to write to', async () => {
    const { stderr, code } = await runCli(['report', 'html', faulty, '--no-negotiate', '-o', '/nonexistent/out.html']);
    expect(stderr).toContain('cannot write /nonexistent/out.html (ENOENT)');
    expect(code).toBe(2);
  });
});

describe('negotiate --timeline', () => {
  it('writes a page with payloads, whatever the terminal shows', async () => {
    const cwd = folderWith({});
    const args = ['negotiate', '--simulate', ...files, '--initiator', 'A'];
    const plain = await runCli(args, { cwd });
    const { stdout, stderr, code } = await runCli([...args, '--timeline', 'out.html'], { cwd });
    expect(stdout).toBe(plain.stdout);
    expect(stderr).toBe('the negotiations are in out.html\n');
    expect(code).toBe(1);
    const page = readFileSync(path.join(cwd, 'out.html'), 'utf8');
    expect(page.includes('ENCR_AES_GCM_16 256')).toBe(true);
  });

  it('is not for all pairs at once', async () => {
    const { stderr, code } = await runCli(['negotiate', '--simulate', '--matrix', faulty, '--timeline', 'out.html']);
    expect(stderr).toContain('--timeline is for two systems, and --matrix for all');
    expect(code).toBe(2);
  });
});

describe('policy graph', () => {
  it('writes Mermaid unless told, and SVG to a file', async () => {
    const cwd = folderWith({});
    const { stdout, code } = await runCli(['policy', 'graph', 'topology', faulty]);
    expect([code, stdout.split('\n')[0]]).toEqual([0, 'flowchart LR']);
    await runCli(['policy', 'graph', 'spd', faulty, '--format', 'svg', '-o', 'out.svg'], { cwd });
    expect(readFileSync(path.join(cwd, 'out.svg'), 'utf8')).toContain('<svg xmlns="http://www.w3.org/2000/svg"');
  });

  it.each([
    [['policy', 'graph', 'nothing'], 'nothing'],
    [['policy', 'graph', 'topology', '--packet', 'tcp 10.0.0.1:1 > 10.0.0.2:2'], '--packet is for sequence'],
    [['policy', 'graph', 'sequence', '--host', 'x'], '--host is for the other pictures'],
    [['policy', 'graph', 'sequence', files[0]!, files[0]!], 'are the same system'],
  ])('refuses %j', async (args, message) => {
    const { stderr, code } = await runCli(args, { cwd: faulty });
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
