/**
 * Puts the data path on the host and takes it off again. The order is what protects: first the guard, in one transaction (or else fallback
 * routes that lead nowhere), then the rules, and only then ways to the TUN device. What a process that was killed leaves is the guard,
 * or the fallback: protected packets stay where they are, and where the guard is, all others go on.
 */
import type { SystemConfig } from '../../../model/system-config.js';
import { EnvironmentError } from '../../../model/tool-error.js';
import { captures } from './capture.js';
import { checkSettings, preferredSources } from './facts.js';
import { guardScript, isGuardWhole, unguardScript } from './guard.js';
import {
  isOfThisBoot,
  isOwnerAlive,
  type Journal,
  journalHere,
  keepGuardScript,
  lastGuardScript,
  networkName,
  readJournal,
  removeJournal,
  writeJournal,
} from './journal.js';
import { type HostNames, rulePriorities } from './names.js';
import { type HostPlan, type IpLine, planHost } from './plan.js';
import { nftTable, runIp, runIpLink, runNft, showIp } from './tools.js';

export interface HostOptions {
  readonly names: HostNames;
  readonly stateDir: string;
  readonly forwards: boolean;
  /** Without nf_tables: then packets that come in the clear are not refused by the host. */
  readonly guard: 'nft' | 'none';
  /** Octets of packets in the TUN device. */
  readonly mtu: number;
}

/** Words of iproute2 for a step that has been done before, or undone. */
const alreadyThere = ['File exists'];
const alreadyGone = ['No such process', 'No such file or directory', 'Cannot find device', 'does not exist'];

/** What a host without IPv6 says to settings of it. */
const withoutIpv6 = ['Operation not supported'];

/** Segments of one packet of the TUN device, so that they fit into one datagram of 64 KB once they are protected. */
const gsoOctetsMax = 61_440;

/**
 * Blocks what policy protects and leads it to the TUN device; may be called again for other policies. If it fails, the host is as it was:
 * without anything of ours, or blocked. True where it took over what was blocked.
 */
export async function putOnHost(config: SystemConfig, options: HostOptions): Promise<boolean> {
  const { names, stateDir, forwards, guard } = options;
  const before = leftovers(stateDir);
  const preferredSource = await sourcesFor(config, options);
  const plan = planHost(config, { names, forwards, isGuarded: guard === 'nft', preferredSource });
  checkSettings(plan, forwards, names.tun);
  if (!before) await refuseTaken(plan, names);
  try {
    await carryOut(plan, before, config, options);
  } catch (error) {
    // What the journal tells of stays blocked if it was before.
    if (!before) await takeOffHost(options, false).catch(() => {});
    throw error;
  }
  return before !== undefined;
}

async function carryOut(
  plan: HostPlan,
  before: Journal | undefined,
  config: SystemConfig,
  options: HostOptions,
): Promise<void> {
  const { names, stateDir, forwards, guard } = options;
  const undo = plan.steps.map((step) => step.undo);
  const isKept = ({ family, line }: IpLine) => undo.some((own) => own.family === family && own.line === line);
  const stale = (before?.undo ?? []).filter((line) => !isKept(line));
  const about = { ...journalHere(), ...(guard === 'nft' ? { guard: names.table } : {}), isBlocked: false };
  const oldGuard = before?.guard;
  writeJournal(stateDir, { ...about, ...(oldGuard ? { guard: oldGuard } : {}), undo: [...stale, ...undo] });
  if (guard === 'nft') await putGuard(guardScript(forwards ? config : { spd: config.spd }, names), stateDir);
  await runIp(
    plan.steps.map((step) => step.add),
    alreadyThere,
  );
  await runIpLink(linkLines(options), withoutIpv6);
  await runIp(plan.routes, []);
  await undoLines(stale);
  if (oldGuard && oldGuard !== about.guard) await runNft(unguardScript({ table: oldGuard }));
  writeJournal(stateDir, { ...about, undo });
}

/**
 * Blocks what policy protects while there is no data path yet, at boot before any network: the guard alone, which the next start takes
 * over without a gap and `cleanUpHost` takes away. Throws where a runtime is running, or where nf_tables cannot be had.
 */
export async function guardHost(
  config: SystemConfig,
  { forwards, ...options }: Pick<HostOptions, 'names' | 'stateDir' | 'forwards'>,
): Promise<void> {
  await guardBy(guardScript(forwards ? config : { spd: config.spd }, options.names), options);
}

/**
 * The same with the guard that a host had last, for records that cannot be read; false where none is kept. The script is carried out as it
 * stands in the state folder, which nobody else may write.
 */
export async function guardHostAgain(options: Pick<HostOptions, 'names' | 'stateDir'>): Promise<boolean> {
  const script = lastGuardScript(options.stateDir);
  if (script === undefined) return false;
  await guardBy(script, options);
  return true;
}

async function guardBy(script: string, { names, stateDir }: Pick<HostOptions, 'names' | 'stateDir'>): Promise<void> {
  const before = leftovers(stateDir);
  const about = { ...journalHere(), undo: before?.undo ?? [], isBlocked: true };
  if (before?.guard && before.guard !== names.table) {
    throw somebodyElses(`the guard "${before.guard}"`, 'another --state-dir');
  }
  writeJournal(stateDir, { ...about, guard: names.table });
  try {
    await putGuard(script, stateDir);
  } catch (error) {
    if (!before) removeJournal(stateDir);
    throw error;
  }
}

async function putGuard(script: string, stateDir: string): Promise<void> {
  await runNft(script);
  keepGuardScript(stateDir, script);
}

/** Puts the guard back if somebody has flushed it or rules of it away, as a reload of a firewall does; true where that was so. */
export async function renewGuard(config: SystemConfig, { names, forwards, guard }: HostOptions): Promise<boolean> {
  if (guard === 'none') return false;
  const script = guardScript(forwards ? config : { spd: config.spd }, names);
  if (isGuardWhole(await nftTable(names.table), script)) return false;
  await runNft(script);
  return true;
}

/** Takes everything away; with `keepBlocked` the guard and the ways that lead nowhere stay. */
export async function takeOffHost({ stateDir }: Pick<HostOptions, 'stateDir'>, keepBlocked: boolean): Promise<void> {
  const journal = leftovers(stateDir);
  if (!journal) return;
  if (keepBlocked) {
    try {
      writeJournal(stateDir, { ...journal, isBlocked: true });
    } catch {
      // On a full disk the journal stays as it was: it tells all that is to be undone, and of a process that will be gone.
    }
    return;
  }
  await undoLines(journal.undo);
  if (journal.guard) await runNft(unguardScript({ table: journal.guard }));
  removeJournal(stateDir);
}

/**
 * Takes away what a runtime that is gone has left; false where there was nothing. Throws where one is running, or where the
 * leftovers are in another network namespace.
 */
export async function cleanUpHost(stateDir: string): Promise<boolean> {
  if (!leftovers(stateDir)) return false;
  await takeOffHost({ stateDir }, false);
  return true;
}

/** The journal of a runtime that is gone, or of this one. */
function leftovers(stateDir: string): Journal | undefined {
  const journal = readJournal(stateDir);
  if (!journal) return undefined;
  if (!isOfThisBoot(journal)) {
    removeJournal(stateDir); // the host has forgotten it all
    return undefined;
  }
  if (!journal.isBlocked && isOwnerAlive(journal)) {
    throw new EnvironmentError(`a runtime is running here (process ${journal.process.pid})`, {
      code: 'RUNNING',
      hints: ['Stop it first: ipsec runtime stop.'],
    });
  }
  if (journal.network !== networkName()) {
    throw new EnvironmentError('a runtime that is gone has left routes and rules in another network namespace', {
      code: 'OTHER_NAMESPACE',
      hints: ['Run ipsec runtime cleanup there, or give another --state-dir here.'],
    });
  }
  return journal;
}

async function undoLines(lines: readonly IpLine[]): Promise<void> {
  // Rules before the routes that they lead to.
  await runIp([...lines].reverse(), alreadyGone);
}

function linkLines({ names: { tun }, mtu }: HostOptions): readonly string[] {
  return [
    `link set dev ${tun} addrgenmode none`,
    `link set dev ${tun} mtu ${mtu} txqueuelen 1000 gso_max_size ${gsoOctetsMax} up`,
  ];
}

async function sourcesFor(config: SystemConfig, { forwards, names }: HostOptions) {
  const destinations = captures(config.spd, forwards ? config.forwardSpd : [])
    .filter(({ from }) => !from)
    .map(({ family, to }) => ({ family, value: to.first }));
  return preferredSources(destinations, names.mark);
}

/** A table and priorities that somebody else uses are left alone. */
async function refuseTaken({ steps }: HostPlan, names: HostNames): Promise<void> {
  const { routingTable, rulePriority } = names;
  for (const family of [4, 6] as const) {
    if (!steps.some(({ add }) => add.family === family)) continue;
    const rules = await showIp([`-${family}`, 'rule', 'show']);
    const taken = rules.split('\n').find((line) => {
      const priority = Number.parseInt(line, 10);
      return priority >= rulePriority && priority <= rulePriority + rulePriorities;
    });
    if (taken) throw somebodyElses(`the routing rule "${taken.replaceAll('\t', ' ')}"`, 'another priority');
    const routes = await showIp([`-${family}`, 'route', 'show', 'table', 'all']);
    const own = routes.split('\n').find((line) => line.includes(` table ${routingTable} `));
    if (own) throw somebodyElses(`the route "${own.trim()}"`, 'another table');
  }
}

function somebodyElses(what: string, remedy: string): EnvironmentError {
  return new EnvironmentError(`${what} is somebody else’s, and the runtime would mix with it`, {
    code: 'TAKEN',
    hints: [`Choose ${remedy} for the runtime, or remove it.`],
  });
}
