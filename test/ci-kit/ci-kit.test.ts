/** The CI kit, run as the services would run it: the same shell steps in a repository of configuration with a change in it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = process.cwd();
const kit = path.join(root, 'ci-kit');
let work: string;
let repository: string;
let base: string;

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trim();
}

/** A program of this name on the PATH of the steps. */
function program(name: string, text: string): void {
  const file = path.join(work, 'bin', name);
  writeFileSync(file, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(file, 0o755);
}

function run(script: string, env: Readonly<Record<string, string>> = {}) {
  const result = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
    cwd: repository,
    encoding: 'utf8',
    env: {
      ...process.env,
      NO_COLOR: '1',
      PATH: `${path.join(work, 'bin')}:${process.env.PATH}`,
      RUNNER_TEMP: path.join(work, 'temp'),
      GITHUB_OUTPUT: path.join(work, 'output'),
      GITHUB_STEP_SUMMARY: path.join(work, 'summary'),
      GITHUB_REPOSITORY: 'owner/policies',
      ...env,
    },
  });
  return { ...result, said: `${result.stdout}${result.stderr}` };
}

const read = (name: string) => readFileSync(path.join(work, name), 'utf8');

beforeAll(() => {
  work = mkdtempSync(path.join(tmpdir(), 'ipsec-ci-kit-'));
  for (const folder of ['bin', 'temp']) mkdirSync(path.join(work, folder));
  program('ipsec', `exec node ${path.join(root, 'bin', 'dev.js')} "$@"`);
  repository = path.join(work, 'policies');
  cpSync(path.join(root, 'examples', 'site'), repository, { recursive: true });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '-m', 'policies');
  base = git('rev-parse', 'HEAD');
  const file = path.join(repository, 'hosts', 'lab', 'policy.conf');
  writeFileSync(file, readFileSync(file, 'utf8').replace('ESP_AES256_GCM16', 'ESP_NULL_HMAC_SHA2_256'));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the action for GitHub', () => {
  const action = parse(readFileSync(path.join(kit, 'github', 'action.yml'), 'utf8')) as {
    inputs: Record<string, { description: string }>;
    runs: { steps: { shell?: string; run?: string; uses?: string; env?: Record<string, string>; if?: string }[] };
  };

  it('names only inputs that it has and scripts that are there', () => {
    const texts = JSON.stringify(action.runs.steps);
    const named = [...texts.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name!);
    expect(named.filter((name) => !(name in action.inputs))).toEqual([]);
    const scripts = [...texts.matchAll(/GITHUB_ACTION_PATH\/([\w./-]+)/g)].map(([, script]) => script!);
    expect(scripts.length).toBeGreaterThan(3);
    expect(scripts.filter((script) => !existsSync(path.join(kit, 'github', script)))).toEqual([]);
    for (const step of action.runs.steps) expect(step.uses ?? step.shell, JSON.stringify(step)).toBeDefined();
  });

  it('annotates findings, fails as the lint does, and leaves SARIF and a summary', () => {
    const result = run(`bash ${kit}/github/lint.sh`, { IPSEC_PATHS: '.', IPSEC_SARIF: 'true' });
    expect(result.status, result.said).toBe(1);
    expect(result.stdout).toMatch(/^::error file=hosts\/hq\/policy\.conf.*PEER/m);
    expect(read('output')).toMatch(/^findings=[1-9]\d*$/m);
    const [, sarif] = /^sarif-file=(.*)$/m.exec(read('output')) ?? [];
    expect(JSON.parse(readFileSync(sarif!, 'utf8')).version).toBe('2.1.0');
    expect(read('summary')).toMatch(/^### ipsec: \d+ errors?/m);
  });

  it('passes an exit code on that says that nothing was judged', () => {
    const result = run(`bash ${kit}/github/lint.sh`, { IPSEC_PATHS: 'nowhere' });
    expect(result.status, result.said).toBe(2);
  });

  it('judges assertions', () => {
    const result = run(`bash ${kit}/shared/assertions.sh github`, { IPSEC_PATHS: '.' });
    expect(result.status, result.said).toBe(0);
    expect(run(`bash ${kit}/shared/assertions.sh`, { IPSEC_PATHS: 'hosts' }).stdout).toMatch(/no assertion files/);
  });

  it('writes one comment with the semantic diff, and replaces it the next time', () => {
    const calls = path.join(work, 'calls');
    program(
      'gh',
      `echo "$*" >>${calls}\ncase "$*" in *--paginate*) cat ${work}/known 2>/dev/null || true ;; *) sed 's/^/| /' "\${@: -1:1}" 2>/dev/null || for a in "$@"; do case $a in body=@*) cat "\${a#body=@}" >${work}/comment ;; esac; done ;; esac`,
    );
    const env = { IPSEC_BASE: base, IPSEC_PULL_REQUEST: '7' };
    expect(run(`bash ${kit}/github/comment.sh`, env).said).toBe('');
    expect(readFileSync(calls, 'utf8')).toMatch(/--method POST repos\/owner\/policies\/issues\/7\/comments/);
    expect(read('comment')).toMatch(/^<!-- ipsec semantic diff -->\n### ipsec: \d+ changes? of packets’ treatment/);
    expect(read('comment')).toMatch(/\| ESP.* \| ESP.* \| .*203\.0\.113\.1/);
    writeFileSync(path.join(work, 'known'), '4711\n');
    expect(run(`bash ${kit}/github/comment.sh`, env).status).toBe(0);
    expect(readFileSync(calls, 'utf8')).toMatch(/--method PATCH repos\/owner\/policies\/issues\/comments\/4711/);
  });

  it('installs a packed program of any name', () => {
    program(
      'npm',
      `mkdir -p "$7/node_modules/.bin"; printf '#!/bin/sh\\necho 9.9.9\\n' >"$7/node_modules/.bin/ipsec"; chmod +x "$7/node_modules/.bin/ipsec"; echo "$*" >${work}/npm`,
    );
    const result = run(`bash ${kit}/shared/install.sh`, {
      IPSEC_VERSION: '0.1.0',
      GITHUB_PATH: path.join(work, 'path'),
    });
    rmSync(path.join(work, 'bin', 'npm'));
    expect(result.status, result.said).toBe(0);
    expect(read('npm')).toMatch(/ipsec@0\.1\.0$/m);
    expect(read('path')).toMatch(/ipsec-program\/node_modules\/\.bin$/m);
  });
});

describe('the template for GitLab', () => {
  type Job = {
    script?: string[];
    extends?: string;
    artifacts?: { reports?: Record<string, string>; paths?: string[] };
  };
  const jobs = parse(readFileSync(path.join(kit, 'gitlab', 'ipsec.gitlab-ci.yml'), 'utf8')) as Record<string, Job>;
  const env = () => ({ IPSEC_PATHS: '.', IPSEC_PROFILE: '', CI_MERGE_REQUEST_DIFF_BASE_SHA: base });

  it.each([
    ['ipsec-lint', 1],
    ['ipsec-assertions', 0],
    ['ipsec-diff', 0],
  ])('%s does what it says', (name, status) => {
    const job = jobs[name]!;
    const result = run(job.script!.join('\n'), env());
    expect(result.status, result.said).toBe(status);
    const files = [...Object.values(job.artifacts?.reports ?? {}), ...(job.artifacts?.paths ?? [])];
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      expect(readFileSync(path.join(repository, file), 'utf8').length, file).toBeGreaterThan(2);
      rmSync(path.join(repository, file));
    }
  });
});

describe('the hooks for pre-commit', () => {
  type Hook = { id: string; entry: string; files: string; args?: string[]; pass_filenames?: boolean };
  const hooks = parse(readFileSync('.pre-commit-hooks.yaml', 'utf8')) as Hook[];

  it.each([
    ['ipsec-lint', 'hosts/lab/policy.conf', 1],
    ['ipsec-fmt', 'hosts/lab/policy.conf', 0],
    ['ipsec-test', 'tests/protection.ipsectest', 0],
  ])('%s looks at %s', (id, file, status) => {
    const hook = hooks.find((candidate) => candidate.id === id)!;
    expect(file).toMatch(new RegExp(hook.files));
    expect('src/main.c').not.toMatch(new RegExp(hook.files));
    const names = hook.pass_filenames === false ? [] : [file];
    const result = run([hook.entry, ...(hook.args ?? []), ...names].join(' '));
    expect(result.status, result.said).toBe(status);
  });
});
