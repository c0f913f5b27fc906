/** Inside of a guest whose modules can be taken out: what our commands say and leave where the kernel lacks AH, or all of XFRM. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inside, makeHosts, plainEnds, removeHosts, run } from './hosts.js';

export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LacksOutcome {
  readonly name: 'lacks';
  fault?: string;
  /** `ipsec apply` of records that ask for AH and ESP, without AH. */
  withoutAh?: Said;
  /** What is on the host after it. */
  left?: string;
  /** By command. */
  withoutXfrm?: Readonly<Record<string, Said>>;
}

export function lacks(program: string): LacksOutcome {
  const result: LacksOutcome = { name: 'lacks' };
  const folder = mkdtempSync(path.join(tmpdir(), 'kernel-case-'));
  const records = path.join(folder, 'host.conf');
  const say = (...words: readonly string[]): Said => {
    const [first, ...rest] = inside('left', process.execPath, program, ...words, '--state-dir', `${folder}/state`);
    const { status, stdout, stderr } = spawnSync(first!, rest, { encoding: 'utf8', timeout: 60_000 });
    return { code: status, stdout, stderr };
  };
  try {
    makeHosts(plainEnds);
    const key = `0x${'31'.repeat(20)}`;
    const manual = (protocol: string, spi: number, more = '') =>
      `-in ${protocol}/${spi}/${key}${more} -out ${protocol}/${spi + 1}/${key}${more}`;
    const { left, right } = plainEnds.outer;
    writeFileSync(
      records,
      `add host first -source ${left} -destination ${right}/32/7000 -protocol TCP -priority 10 -action ESP_AES128_HMAC_SHA1 ${manual('ESP', 2_500_101, `/0x${'32'.repeat(16)}`)}
add host second -source ${left} -destination ${right} -priority 20 -action AH_SHA1 ${manual('AH', 2_500_201)}
`,
      { mode: 0o600 },
    );
    // The kernel would fetch them again.
    writeFileSync('/proc/sys/kernel/modprobe', '/nonexistent');
    remove('ah4', 'ah6');
    result.withoutAh = say('apply', records, '--auto-approve', '--allow-lockout');
    result.left = ['state', 'policy'].map((what) => run(['ip', '-n', 'left', 'xfrm', what]).text).join('');
    remove('esp4', 'esp6', 'ah4', 'ah6', 'xfrm_user');
    result.withoutXfrm = {
      plan: say('plan', records),
      apply: say('apply', records, '--auto-approve'),
      drift: say('drift'),
      rollback: say('rollback', '--auto-approve'),
      doctor: say('doctor'),
      emit: say('apply', records, '--emit', 'ip-batch', '--assume-empty'),
      'runtime run': say('runtime', 'run', records, '--data-path', 'xfrm', '--run-dir', `${folder}/run`),
    };
  } catch (error) {
    result.fault = String(error);
  } finally {
    removeHosts();
  }
  return result;
}

/** Takes out modules that are there. */
function remove(...modules: readonly string[]): void {
  for (const module of modules) run(['rmmod', module]);
}
