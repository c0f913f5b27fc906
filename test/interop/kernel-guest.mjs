// @ts-nocheck: it runs in a guest as it is, outside of the build
/**
 * Runs inside of a guest whose kernel has ESP and AH, as root: two hosts in namespaces, policies by `ipsec apply`, keys by our
 * daemon or by strongSwan, packets by the kernel. Prints one line of JSON a case; the test outside judges.
 *
 * node kernel-guest.mjs PROGRAM CASES.json
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const [program = '', casesFile = ''] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(casesFile, 'utf8'));
const node = process.execPath;
const sides = ['left', 'right'];
const address = { left: '198.18.0.1', right: '198.18.0.2' };
const inner = { left: '198.18.1.1', right: '198.18.2.1' };

const run = (words, options = {}) => {
  try {
    return {
      ok: true,
      text: execFileSync(words[0], words.slice(1), {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
        ...options,
      }),
    };
  } catch (error) {
    return { ok: false, text: `${error.stdout ?? ''}${error.stderr ?? ''}${error.message}` };
  }
};
const inside = (side, ...words) => ['ip', 'netns', 'exec', side, ...words];
const ipsec = (side, ...words) => run(inside(side, node, program, ...words));
const sleep = (millis) => new Promise((done) => setTimeout(done, millis));

function makeHosts() {
  for (const side of sides) run(['ip', 'netns', 'add', side]);
  run(['ip', 'link', 'add', 'wire', 'netns', 'left', 'type', 'veth', 'peer', 'name', 'wire', 'netns', 'right']);
  for (const side of sides) {
    const other = side === 'left' ? 'right' : 'left';
    run(['ip', '-n', side, 'link', 'set', 'lo', 'up']);
    run(['ip', '-n', side, 'addr', 'add', `${address[side]}/24`, 'dev', 'wire']);
    run(['ip', '-n', side, 'addr', 'add', `${inner[side]}/32`, 'dev', 'lo']);
    run(['ip', '-n', side, 'link', 'set', 'wire', 'up']);
    run(['ip', '-n', side, 'route', 'add', `${inner[other]}/32`, 'via', address[other], 'src', inner[side]]);
  }
}

function removeHosts() {
  for (const side of sides) run(['ip', 'netns', 'del', side]);
}

async function startCharon(folder, swanctl) {
  const run_ = path.join(folder, 'run');
  for (const name of ['x509', 'x509ca', 'private']) mkdirSync(path.join(folder, 'swanctl', name), { recursive: true });
  mkdirSync(run_, { recursive: true });
  writeFileSync(path.join(folder, 'swanctl/swanctl.conf'), swanctl);
  writeFileSync(
    path.join(folder, 'strongswan.conf'),
    `charon {
  load_modular = no
  load = aes des sha2 sha1 md5 random nonce x509 pubkey pkcs1 pkcs8 pem openssl gmp curve25519 hmac kdf ctr gcm kernel-netlink socket-default vici updown
  plugins { vici { socket = unix://${folder}/vici } }
  filelog { main { path = ${folder}/log
 flush_line = yes
 default = 1 } }
}
`,
  );
  const env = {
    ...process.env,
    STRONGSWAN_CONF: path.join(folder, 'strongswan.conf'),
    SWANCTL_DIR: path.join(folder, 'swanctl'),
  };
  const child = spawn(
    'ip',
    [
      'netns',
      'exec',
      'right',
      'unshare',
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      'mount --bind "$1" /run; exec "$2"',
      'sh',
      run_,
      '/usr/lib/ipsec/charon',
    ],
    { env, stdio: 'ignore' },
  );
  for (let tries = 0; tries < 200 && !existsSync(`${folder}/vici`); tries += 1) await sleep(50);
  const loaded = run(['swanctl', '--load-all', '--noprompt', '--uri', `unix://${folder}/vici`], { env });
  return {
    loaded,
    log: () => (existsSync(`${folder}/log`) ? readFileSync(`${folder}/log`, 'utf8') : ''),
    stop: () => child.kill('SIGTERM'),
  };
}

async function play(test) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const result = { name: test.name };
  makeHosts();
  const ours = test.peer === 'strongswan' ? ['left'] : sides;
  let charon;
  try {
    for (const side of ours) {
      const records = path.join(folder, `${side}.conf`);
      writeFileSync(records, test[side], { mode: 0o600 });
      const state = path.join(folder, `state-${side}`);
      const applied = ipsec(side, 'apply', records, '--auto-approve', '--allow-lockout', '--state-dir', state);
      if (!applied.ok) return { ...result, fault: `apply on ${side}: ${applied.text.slice(-800)}` };
      const started = ipsec(
        side,
        'runtime',
        'start',
        records,
        '--run-dir',
        path.join(folder, `run-${side}`),
        '--state-dir',
        state,
        '--log-level',
        'debug',
      );
      if (!started.ok) return { ...result, fault: `start on ${side}: ${started.text.slice(-800)}` };
    }
    if (test.peer === 'strongswan') {
      charon = await startCharon(folder, test.right);
      if (!charon.loaded.ok) return { ...result, fault: `swanctl: ${charon.loaded.text.slice(-800)}` };
    }
    // What leaves each host: a packet that came through a tunnel is seen a second time on its way in, without its protection.
    const dumps = sides.map((side) =>
      spawn(
        'ip',
        inside(side, 'tcpdump', '-n', '-U', '-Q', 'out', '-i', 'wire', '-w', path.join(folder, `${side}.pcap`)).slice(
          1,
        ),
        {
          stdio: 'ignore',
        },
      ),
    );
    await sleep(500);
    const [from, to] = test.tunnel ? [inner.left, inner.right] : [address.left, address.right];
    let up = false;
    for (let tries = 0; tries < 12 && !up; tries += 1)
      up = run(inside('left', 'ping', '-c', '1', '-W', '1', '-I', from, to)).ok;
    result.up = up;
    const before = ipsec('left', 'sa', 'list', '--json', '--run-dir', path.join(folder, 'run-left'));
    const [child] = before.ok ? JSON.parse(before.text).childSas : [];
    // Rekeying while packets flow: none may be lost.
    const flood = spawn('ip', inside('left', 'ping', '-c', '60', '-i', '0.05', '-W', '2', '-I', from, to).slice(1), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    flood.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = new Promise((done) => flood.once('exit', done));
    await sleep(600);
    if (up && child) {
      ipsec('left', 'sa', 'rekey', child.id, '--run-dir', path.join(folder, 'run-left'));
    }
    await ended;
    result.received = Number(/(\d+) received/.exec(said)?.[1] ?? -1);
    result.rekeyed = false;
    for (let tries = 0; tries < 20 && !result.rekeyed; tries += 1) {
      const after = ipsec('left', 'sa', 'list', '--json', '--run-dir', path.join(folder, 'run-left'));
      result.rekeyed = after.ok && JSON.parse(after.text).childSas.some(({ id }) => child && id !== child.id);
      if (!result.rekeyed) await sleep(200);
    }
    result.state = run(['ip', '-n', 'left', 'xfrm', 'state']).text.replace(/0x[0-9a-f]{16,}/g, '[key]');
    for (const dump of dumps) dump.kill('SIGINT');
    await sleep(400);
    const shown = sides.flatMap((side) =>
      run(['tcpdump', '-n', '-r', path.join(folder, `${side}.pcap`)]).text.split('\n'),
    );
    result.protected = shown.filter((line) => /ESP\(|AH\(/.test(line)).length;
    result.clear = shown.filter((line) => / ICMP echo /.test(line) && !/ESP\(|AH\(/.test(line)).length;
    for (const side of ours) ipsec(side, 'runtime', 'stop', '--run-dir', path.join(folder, `run-${side}`));
    await sleep(800);
    result.statesLeft = run(['ip', '-n', 'left', 'xfrm', 'state'])
      .text.split('\n')
      .filter((line) => /spi 0x(?!00000000)/.test(line)).length;
    result.blockedAfterStop = !run(inside('left', 'ping', '-c', '1', '-W', '1', '-I', from, to)).ok;
    const back = ipsec('left', 'rollback', '--auto-approve', '--state-dir', path.join(folder, 'state-left'));
    result.rolledBack = back.ok;
    result.policiesLeft = run(['ip', '-n', 'left', 'xfrm', 'policy'])
      .text.split('\n')
      .filter((line) => line.startsWith('src')).length;
    if (!up || !result.rekeyed) {
      const log = path.join(folder, 'run-left/ipsec.log');
      result.log = `${existsSync(log) ? readFileSync(log, 'utf8').slice(-3000) : ''}\n${charon ? charon.log().slice(-1500) : ''}`;
    }
    return result;
  } finally {
    charon?.stop();
    removeHosts();
  }
}

for (const test of cases) process.stdout.write(`${JSON.stringify(await play(test))}\n`);
