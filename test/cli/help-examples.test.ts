/**
 * Every example that `--help` and the manual show is run as it stands, by a shell, in a folder that holds the files it names. What a
 * host is needed for may be refused by it (this one is given no place for state or a daemon, so that nothing of it can change),
 * but no example may be wrong usage.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { builtProgram } from '../support/cli.js';
import { root } from '../support/sources.js';

const program = await builtProgram();
const { commands } = JSON.parse(readFileSync(path.join(program, 'dist', 'manifest.json'), 'utf8')) as {
  commands: Record<string, { hidden?: boolean; examples?: readonly string[] }>;
};
const examples = Object.entries(commands)
  .filter(([, { hidden }]) => !hidden)
  .flatMap(([id, { examples: lines = [] }]) =>
    lines.map((line) => ({
      id,
      line: line.replaceAll('<%= config.bin %>', 'ipsec').replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
    })),
  );

/** Exit codes other than 0 by the beginning of the example. */
const expected: readonly (readonly [string, readonly number[]])[] = [
  // Interrupted, because it would go on.
  ['ipsec drift --watch', [124]],
  // No state 12 is kept.
  ['ipsec state show 12', [2]],
  ['ipsec policy test tests/', [0]],
  // They look at this host, or would change it.
  ...['apply hq', 'apply server.conf --confirm', 'confirm', 'rollback', 'drift', 'status', 'doctor'].map(
    (name) => [`ipsec ${name}`, [0, 1, 4]] as const,
  ),
  ...['plan server.conf', 'plan hosts/hq', 'state'].map((name) => [`ipsec ${name}`, [0, 4]] as const),
  // They ask a daemon, or are one.
  ...['audit', 'initiate', 'log', 'policy cache', 'runtime', 'sa'].map((name) => [`ipsec ${name} `, [0, 4]] as const),
  ['ipsec audit', [4]],
  // Of the other folders not every name is known in all of them.
  ['ipsec policy test --filter', [0, 1]],
  ['ipsec policy test ', [0, 1]],
  // alpha.conf has other peers: nothing is sent to this one.
  ['ipsec negotiate --against', [2]],
  // A terminal would be asked.
  ['ipsec init net', [0, 2]],
  // Findings, differences and losses are bad answers, and what the examples are for.
  ...['lint', 'convert', 'baseline create', 'diff v1:hosts'].map((name) => [`ipsec policy ${name}`, [0, 1]] as const),
];

function codesOf(line: string): readonly number[] {
  return expected.find(([start]) => `${line} `.startsWith(start))?.[1] ?? [0];
}

let folder: string;
let server: string;
let env: NodeJS.ProcessEnv;

function run(line: string): { readonly code: number; readonly said: string } {
  try {
    const said = execFileSync('bash', ['-c', line.replaceAll('/etc/', `${folder}/etc/`)], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, said: said.toString().slice(-300) };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number | null; stdout: Buffer; stderr: Buffer };
    return { code: status ?? -1, said: `${stdout.toString().slice(-300)}${stderr}` };
  }
}

beforeAll(async () => {
  const pair = (name: string) => readFileSync(path.join(root, 'examples', 'host-to-host', `${name}.conf`), 'utf8');
  const web = 'add host web -source 10.1.1.1/32/HTTP-TCP -destination 0.0.0.0/0 -priority 10 -action PASS\n';
  const side = (own: string, peer: string) =>
    `add host peer -source ${own} -destination ${peer} -priority 10 -action ESP_AES256_GCM16
add ikev2 peer -remote ${peer} -priority 10 -group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384
add auth peer -remote ${peer} -priority 10 -kmp IKEV2 -preshared file:pair.psk -ltype IPV4 -lid ${own} -rtype IPV4 -rid ${peer}\n`;
  folder = mkdtempSync(path.join(tmpdir(), 'ipsec-examples-'));
  const files = {
    'server.conf': web.replace('web', 'ssh').replace('HTTP-TCP', '22').replace('10 -action', '5 -action') + web,
    'branch.conf': web,
    'old.conf': web,
    'new.conf': web.replace('PASS', 'DISCARD'),
    'alpha.conf': pair('alpha'),
    'ours.conf': pair('alpha'),
    'theirs.conf': pair('beta'),
    'beta.conf': pair('beta'),
    'hosts/hq/policy.conf': side('10.0.0.1', '10.0.0.2'),
    'hosts/branch/policy.conf': side('10.0.0.2', '10.0.0.1'),
    'hosts/alpha/policy.conf': '',
    'repository/hosts/alpha/policy.conf': web,
    'tests/server.ipsectest':
      'on server: tcp from 10.9.9.9 to 10.1.1.1 port 80 inbound must be passed\non server: telnet from 10.9.9.9 to 10.1.1.1 inbound must be passed\n',
    'partner/swanctl.conf': `connections {
  c {
    version = 2
    local_addrs = 192.0.2.1
    remote_addrs = 192.0.2.2
    local { auth = psk }
    remote { auth = psk }
    children { c { esp_proposals = aes256gcm16-ecp256 } }
  }
}\n`,
    'etc/ipsec.conf': `conn c
  left=192.0.2.1
  right=192.0.2.2
  authby=secret
  auto=add\n`,
    'etc/ipsec/credentials/none': '',
    'bin/ipsec': `#!/bin/sh\nexec "${process.execPath}" "${program}/bin/run.js" "$@"\n`,
    'bin/tcpdump': '#!/bin/sh\ncat capture.pcapng\n',
    'bin/dot': '#!/bin/sh\nexec cat >/dev/null\n',
    'home/.zfunc/none': '',
    'home/.config/fish/completions/none': '',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  cpSync(path.join(root, 'examples'), path.join(folder, 'examples'), { recursive: true });
  for (const name of ['ipsec', 'tcpdump', 'dot']) chmodSync(path.join(folder, 'bin', name), 0o755);
  env = {
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    HOME: path.join(folder, 'home'),
    // A file is above them, so that nothing can be kept there.
    IPSEC_STATE_DIR: '/dev/null/state',
    IPSEC_RUN_DIR: '/dev/null/run',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  const prepared = run(
    `set -e; git init -q .; git config user.email a@example.com; git config user.name a
    git add hosts; git commit -qm one; git tag v1
    echo >> hosts/hq/policy.conf; git commit -qam two; git tag v2
    ipsec policy fmt --quiet *.conf hosts repository
    ipsec negotiate --simulate alpha.conf beta.conf --pcap capture.pcapng --keys keys >/dev/null`,
  );
  expect(prepared).toMatchObject({ code: 0 });
  server = readFileSync(path.join(folder, 'server.conf'), 'utf8');
}, 60_000);

// Some examples change it.
beforeEach(() => writeFileSync(path.join(folder, 'server.conf'), server));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(examples)(
  '$line',
  ({ line }) => {
    const { code, said } = run(line.includes('--watch') ? `timeout -s INT 3 ${line}` : line);
    expect(codesOf(line), said).toContain(code);
  },
  60_000,
);
