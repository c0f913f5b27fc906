/**
 * `npm run fidelity -- PAIRS VERDICTS [--judge simulation|analysis|both]`: agreement of our verdicts with what real daemons did,
 * field by field, and every disagreement. Ends with 0 where all agree, 1 on a disagreement or where nothing was compared, 2 where
 * the command line or a file is wrong.
 */
import { parseArgs } from 'node:util';
import { exitCode } from '../src/exit-code.js';
import { type DataPathName, dataPathNames } from '../src/model/peer-profile/data-path.js';
import { agreement, printAgreements } from './fidelity/agreement.js';
import { judgeByConfiguration } from './fidelity/analytic.js';
import { InputError, readPairs, readVerdicts } from './fidelity/input.js';
import { recordedHosts, type Setting, settingOf } from './fidelity/setting.js';
import { createSimulator } from './fidelity/simulation.js';
import type { Judge } from './fidelity/verdict.js';

/** Ways to come to a verdict: the engines on a simulated network, or the configurations alone. */
export const judgeNames = ['simulation', 'analysis'] as const;
export type JudgeName = (typeof judgeNames)[number];

/** A judge of pairs that run on given hosts. */
export async function judgeNamed(name: JudgeName, setting: Setting): Promise<Judge> {
  if (name === 'analysis') return (pair) => judgeByConfiguration(pair, setting);
  const simulator = await createSimulator();
  return (pair) => simulator.judge(pair, setting);
}

const usage = `usage: npm run fidelity -- PAIRS VERDICTS [options]

PAIRS     pairs of swanctl.conf: JSON Lines or a JSON list of { id, left, right }, or a folder of such files or with a folder
          ID/{left,right}/swanctl.conf for each pair
VERDICTS  what the daemons did: JSON Lines or a JSON list of { id, ike, child, ... }

  --judge simulation|analysis|both   simulation unless told: the engines that ipsec negotiate --simulate uses
  --only ID                          this pair alone; may be repeated
  --left ADDRESS[,ADDRESS...]        addresses of left, that of IKE first (${recordedHosts.left.join(',')})
  --right ADDRESS[,ADDRESS...]       addresses of right (${recordedHosts.right.join(',')})
  --data-path ${dataPathNames.join('|')}        what carries the packets (${recordedHosts.dataPath})
  --strongswan-conf TEXT             settings of both daemons, as 'charon { ... }'
`;

class UsageError extends Error {}

function options(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        judge: { type: 'string', default: 'simulation' },
        only: { type: 'string', multiple: true },
        left: { type: 'string' },
        right: { type: 'string' },
        'data-path': { type: 'string', default: recordedHosts.dataPath },
        'strongswan-conf': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function settingFor({ left, right, 'data-path': dataPath, 'strongswan-conf': daemon }: Values): Setting {
  if (!dataPathNames.includes(dataPath as DataPathName))
    throw new UsageError(`--data-path is ${dataPathNames.join(' or ')}, not '${dataPath}'`);
  const addresses = (text: string | undefined, otherwise: readonly string[]) => text?.split(',') ?? otherwise;
  try {
    return settingOf(
      addresses(left, recordedHosts.left),
      addresses(right, recordedHosts.right),
      dataPath as DataPathName,
      daemon,
    );
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

type Values = ReturnType<typeof options>['values'];

/** The whole command; gives the exit code. */
export async function main(
  words: readonly string[],
  out: (text: string) => void,
  note: (text: string) => void,
): Promise<number> {
  try {
    const { values, positionals } = options(words);
    if (values.help) {
      out(usage);
      return exitCode.good;
    }
    const [pairsFrom, verdictsFrom, ...rest] = positionals;
    if (!pairsFrom || !verdictsFrom || rest.length > 0)
      throw new UsageError(`PAIRS and VERDICTS are expected, and nothing else`);
    const chosen = values.judge === 'both' ? judgeNames : judgeNames.filter((name) => name === values.judge);
    if (chosen.length === 0) throw new UsageError(`--judge is ${judgeNames.join(', ')} or both, not '${values.judge}'`);
    const setting = settingFor(values);
    const all = readPairs(pairsFrom);
    const { verdicts, otherFields } = readVerdicts(verdictsFrom);
    for (const id of values.only ?? [])
      if (!all.some((pair) => pair.id === id))
        throw new UsageError(`--only ${id}: there is no such pair in ${pairsFrom}`);
    const pairs = values.only ? all.filter(({ id }) => values.only?.includes(id)) : all;
    const alone = pairs.filter(({ id }) => !verdicts.has(id)).length;
    const ids = new Set(all.map(({ id }) => id));
    const unused = values.only ? 0 : [...verdicts.keys()].filter((id) => !ids.has(id)).length;
    if (alone > 0) note(`${alone} of ${pairs.length} pairs have no verdict, and are not compared`);
    if (unused > 0) note(`${unused} of ${verdicts.size} verdicts are for pairs that are not there`);
    if (otherFields.length > 0) note(`fields that are not compared: ${otherFields.join(', ')}`);
    const agreements = [];
    for (const name of chosen) agreements.push(await agreement(name, await judgeNamed(name, setting), pairs, verdicts));
    out(printAgreements(agreements));
    if (agreements[0]?.pairs === 0) note('nothing was compared: no pair has a verdict');
    const isGood = agreements.every(({ pairs: compared, disagreements }) => compared > 0 && disagreements.length === 0);
    return isGood ? exitCode.good : exitCode.bad;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    note(error.message);
    if (error instanceof UsageError) note(usage);
    return exitCode.usage;
  }
}

if (process.argv[1]?.endsWith('fidelity.ts')) {
  process.exitCode = await main(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(`${text.trimEnd()}\n`),
  );
}
