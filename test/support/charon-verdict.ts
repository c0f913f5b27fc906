/** Records what two real daemons do with a pair, in the words of the recorded pairs. */
import { loggedNames } from '../../scripts/fidelity/charon-names.js';
import { octetsOf } from '../../scripts/fidelity/material.js';
import type { Pki } from '../../scripts/fidelity/random/pki.js';
import type { Pair, PairVerdict } from '../../scripts/fidelity/verdict.js';
import { type CharonPair, parseRaw, type RawSection, type RawValue } from './charon-pair.js';

export interface Recording {
  readonly verdict: PairVerdict;
  /** What left's daemon wrote, or what swanctl said where a daemon did not take its configuration. */
  readonly log: string;
}

/** How long one attempt may take, in seconds; the daemons' retransmissions must be over before. */
const attemptSeconds = 6;
const rekeyTriesMax = 100;

/** Loads a pair, lets left initiate the child `net`, and rekeys what came about. */
export async function recordVerdict(daemons: CharonPair, pair: Pair, pki?: () => Pki): Promise<Recording> {
  const load = (side: 'left' | 'right') =>
    daemons.load(side, pair[side], pair.files && pki ? octetsOf(pki(), pair.files[side]) : new Map());
  const loaded = await Promise.all([load('left'), load('right')]);
  const faults = loaded.filter(({ ok }) => !ok).map(({ output }) => output);
  try {
    const from = daemons.log('left').length;
    await daemons.swanctl('left', ['--initiate', '--child', 'net', '--timeout', String(attemptSeconds)], 15_000);
    const [found] = await established(daemons);
    const output = daemons.log('left').slice(from);
    const log = faults.join('') + output;
    // An IKE SA that the peer deletes each time is begun again without end, and stands now and then.
    const ike = found && !childOf(found) && /received DELETE for IKE_SA/.test(output) ? undefined : found;
    const child = ike && childOf(ike);
    const base: PairVerdict = {
      loaded: faults.length === 0,
      ike: ike !== undefined,
      child: child !== undefined,
      ...(ike
        ? { ikeSa: { version: text(ike.version) ?? '', ...algorithms(ike), 'prf-alg': text(ike['prf-alg']) } }
        : {}),
      ...(child
        ? {
            childSa: {
              mode: text(child.mode) ?? '',
              protocol: text(child.protocol) ?? '',
              ...algorithms(child),
              'local-ts': list(child['local-ts']),
              'remote-ts': list(child['remote-ts']),
            },
          }
        : {}),
      notifies: namesIn(output),
      initiatorTimedOut: /giving up after \d+ retransmits/.test(output),
    };
    if (!child) return { verdict: base, log };
    const rekey = await recordRekey(daemons, text(child.uniqueid) ?? '');
    return { verdict: { ...base, ...rekey.verdict }, log: log + rekey.log };
  } finally {
    await clear(daemons);
  }
}

async function recordRekey(
  daemons: CharonPair,
  before: string,
): Promise<{ verdict: Pick<PairVerdict, 'rekey' | 'rekeyDh' | 'rekeyNotifies'>; log: string }> {
  const from = daemons.log('left').length;
  await daemons.swanctl('left', ['--rekey', '--child', 'net']);
  let log = '';
  for (let tries = 0; tries < rekeyTriesMax; tries += 1) {
    log = daemons.log('left').slice(from);
    if (
      /CHILD_SA net\{\d+\} established|outbound CHILD_SA net\{\d+\} established|rekeying failed|no CHILD_SA built|error notify|giving up after|establishing CHILD_SA failed/.test(
        log,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const [ike] = await established(daemons);
  const successor = ike && childrenOf(ike).find((child) => text(child.uniqueid) !== before && isInstalled(child));
  return {
    verdict: {
      rekey: successor !== undefined,
      rekeyDh: successor ? text(successor['dh-group']) : null,
      rekeyNotifies: namesIn(log),
    },
    log,
  };
}

/** The IKE SAs of left that stand. */
async function established(daemons: CharonPair): Promise<RawSection[]> {
  const { output } = await daemons.swanctl('left', ['--list-sas', '--raw']);
  return parseRaw(output)
    .flatMap((event) => Object.values(event))
    .filter((sa): sa is RawSection => isSection(sa) && sa.state === 'ESTABLISHED');
}

/** Ends what stands or is under way, whichever connection it is of. */
async function clear(daemons: CharonPair): Promise<void> {
  const end = async (side: 'left' | 'right') => {
    const { output } = await daemons.swanctl(side, ['--list-sas', '--raw']);
    for (const name of new Set(parseRaw(output).flatMap((event) => Object.keys(event))))
      await daemons.swanctl(side, ['--terminate', '--ike', name, '--force', '--timeout', '1']);
  };
  await Promise.all([end('left'), end('right')]);
}

function isSection(value: RawValue | undefined): value is RawSection {
  return typeof value === 'object' && !Array.isArray(value);
}

function childrenOf(ike: RawSection): RawSection[] {
  const children = ike['child-sas'];
  return isSection(children) ? Object.values(children).filter(isSection) : [];
}

function isInstalled({ state }: RawSection): boolean {
  return state === 'INSTALLED' || state === 'REKEYING';
}

function childOf(ike: RawSection): RawSection | undefined {
  return childrenOf(ike).find((child) => child.name === 'net' && isInstalled(child));
}

function text(value: RawValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Selectors as the recordings have them: cut at the closing bracket. */
function list(value: RawValue | undefined): string[] {
  return Array.isArray(value) ? value.map((item: string) => item.replace(/\]$/, '')) : [];
}

function algorithms(sa: RawSection) {
  return {
    'encr-alg': text(sa['encr-alg']),
    'encr-keysize': text(sa['encr-keysize']),
    'integ-alg': text(sa['integ-alg']),
    'dh-group': text(sa['dh-group']),
  };
}

/** Error notifications that a log names, in either form. */
function namesIn(log: string): string[] {
  const words = log.match(/[A-Z][A-Z_]+/g) ?? [];
  return [...new Set(words)].filter((word) => loggedNames.has(word));
}
