/** iproute2 and nft, started without a shell, with their input as text. */
import type { Family } from '../../../model/address.js';
import { EnvironmentError } from '../../../model/tool-error.js';
import type { IpLine } from './plan.js';

const timeoutMillis = 60_000;
/** Where they are where PATH does not say. */
const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Runs the lines in their order. Errors that a word of `tolerated` is in count as done, because the line may be repeated. */
export async function runIp(lines: readonly IpLine[], tolerated: readonly string[]): Promise<void> {
  for (const family of [4, 6] as const) {
    const own = lines.filter((line) => line.family === family).map(({ line }) => line);
    if (own.length > 0) await runBatch(family, own, tolerated);
  }
}

/** Lines that have no family, as those of `ip link`. */
export async function runIpLink(lines: readonly string[], tolerated: readonly string[]): Promise<void> {
  if (lines.length > 0) await runBatch(undefined, lines, tolerated);
}

async function runBatch(
  family: Family | undefined,
  lines: readonly string[],
  tolerated: readonly string[],
): Promise<void> {
  const args = [...(family === undefined ? [] : [`-${family}`]), '-force', '-batch', '-'];
  const { exitCode, stderr } = await run('ip', args, `${lines.join('\n')}\n`);
  if (exitCode === 0) return;
  // Each failure is a line of the kernel's words, and one that counts the line of the batch.
  const failures = stderr.split(/Command failed -:(\d+)/);
  for (let index = 0; index + 1 < failures.length; index += 2) {
    const why = failures[index]!.trim().replaceAll('\n', ' ');
    if (tolerated.some((word) => why.includes(word))) continue;
    const line = lines[Number(failures[index + 1]) - 1] ?? '';
    throw new EnvironmentError(`the host refused "ip ${line}" (${why})`, {
      code: 'IPROUTE',
      hints: hintsFor(why),
    });
  }
  if (failures.length < 2) {
    throw new EnvironmentError(`ip failed (${stderr.trim() || `exit code ${exitCode}`})`, { code: 'IPROUTE' });
  }
}

function hintsFor(why: string): readonly string[] {
  if (why.includes('not permitted')) return ['Run as root, or give the program CAP_NET_ADMIN.'];
  if (why.includes('not supported')) return ['The kernel lacks policy routing (CONFIG_IP_MULTIPLE_TABLES) or IPv6.'];
  return [];
}

/** Reads what iproute2 shows, as text. */
export async function showIp(args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run('ip', args, '');
  if (exitCode === 0) return stdout;
  throw new EnvironmentError(`ip ${args.join(' ')} failed (${stderr.trim()})`, { code: 'IPROUTE' });
}

/** As `showIp`, for many commands at once; what fails shows nothing. */
export async function showIpBatch(family: Family, lines: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', [`-${family}`, '-force', '-batch', '-'], `${lines.join('\n')}\n`);
  return stdout;
}

/** Runs a script of nft: all of it, or nothing. */
export async function runNft(script: string): Promise<void> {
  const { exitCode, stderr } = await run('nft', ['-f', '-'], script);
  if (exitCode === 0) return;
  const why = stderr.split('\n')[0]?.trim() ?? '';
  throw new EnvironmentError(`nft refused the guard (${why || `exit code ${exitCode}`})`, {
    code: 'NFT',
    hints: [
      'The kernel needs nf_tables (modprobe nf_tables), and the program CAP_NET_ADMIN.',
      'Without the guard packets that come in the clear are not refused, and only routes keep what goes out: start without it if that will do.',
    ],
  });
}

/** A table as nf_tables lists it; undefined where there is none of that name. */
export async function nftTable(table: string): Promise<string | undefined> {
  const { exitCode, stdout } = await run('nft', ['list', 'table', 'inet', table], '');
  return exitCode === 0 ? stdout : undefined;
}

interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(tool: 'ip' | 'nft', args: readonly string[], input: string): Promise<Finished> {
  const { execa } = await import('execa');
  const result = await execa(tool, args, {
    input,
    reject: false,
    timeout: timeoutMillis,
    env: { PATH: path, LC_ALL: 'C' },
  });
  if (result.exitCode !== undefined) return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  const isMissing = result.code === 'ENOENT';
  throw new EnvironmentError(isMissing ? `${tool} is not installed` : `${tool} did not end (${result.shortMessage})`, {
    code: isMissing ? 'TOOL_MISSING' : 'TOOL_FAILED',
    hints: isMissing ? [`Install it: apt-get install ${tool === 'ip' ? 'iproute2' : 'nftables'}.`] : [],
  });
}
