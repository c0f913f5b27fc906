/**
 * `ike=`, `esp=` and `ah=` as pluto reads them (Libreswan lib/libswan/v1_proposals.c, v2_proposals.c, proposals.c):
 *
 *   list     := proposal { ',' proposal }
 *   IKE      := cipher [ '-' prf | '-' integrity '-' prf ] [ ( '-' | ';' ) group ] { ';' 'addke'N '=' group }
 *   ESP      := cipher [ '-' integrity ] [ ( '-' | ';' ) group ]
 *   AH       := integrity [ ( '-' | ';' ) group ]
 *
 * In IKEv2 each name may be several, joined by '+', and one proposal has them all; in IKEv1 what is left out is multiplied
 * out into proposals of one choice each. A cipher without key length stands for its longest and its default length.
 */
import type { ChildProposal, IkeProposal } from '../../model/system-config.js';
import { parseSuite, type Suite, SuiteFault, type SuiteQuestion, type Token, tokenize } from './suite-parser.js';
import { supportOf } from './support.js';

export type { Suite } from './suite-parser.js';

export type SuiteReading =
  | { readonly kind: 'read'; readonly suites: readonly Suite[] }
  /** `at` is where in the text the fault is. */
  | { readonly kind: 'fault'; readonly message: string; readonly at: number; readonly length: number };

/** Proposals of one list, and of what one list is multiplied out into. */
const suitesMax = 512;

/** Reads a list of proposals. */
export function readSuites(text: string, question: SuiteQuestion): SuiteReading {
  const { version } = question;
  const support = supportOf(question.rules);
  const suites: Suite[] = [];
  let offset = 0;
  try {
    for (const part of text.split(',')) {
      const tokens = tokenize(part, offset);
      offset += part.length + 1;
      const suite = parseSuite(tokens, question, support);
      for (const each of version === 1 ? multiplied(suite) : [suite]) {
        if (suites.length >= suitesMax) throw new SuiteFault(`more than ${suitesMax} proposals`, tokens[0]!);
        if (!suites.some((known) => isSame(known, each))) suites.push(each);
      }
    }
    if (question.pfs && question.protocol !== 'IKE' && support.oneChildGroup)
      checkGroups(suites, { text, before: '', at: 0 });
  } catch (error) {
    if (!(error instanceof SuiteFault)) throw error;
    return { kind: 'fault', message: error.message, at: error.token.at, length: error.token.text.length };
  }
  return { kind: 'read', suites };
}

/** Groups of children must be the same in all proposals: nobody could tell which one a rekeying begins with. */
function checkGroups(suites: readonly Suite[], list: Token): void {
  const named = suites.filter(({ groups, namesGroup }) => namesGroup || groups.length > 0);
  if (named.length > 0 && named.length < suites.length)
    throw new SuiteFault('either all or none of the proposals name a group', list);
  const [first] = named;
  if (named.some(({ groups }) => groups[0] !== first?.groups[0] && groups[0] && first?.groups[0]))
    throw new SuiteFault('the proposals name different groups', list);
}

/** IKEv1: each choice is a proposal; groups vary slowest, then PRFs and integrity. */
function multiplied(suite: Suite): Suite[] {
  const pick = <T>(list: readonly T[]): readonly (readonly T[])[] =>
    list.length === 0 ? [[]] : list.map((one) => [one]);
  return pick(suite.groups).flatMap((groups) =>
    pick(suite.prfs).flatMap((prfs) =>
      pick(suite.integrity).map((integrity) => ({ ...suite, groups, prfs, integrity })),
    ),
  );
}

function isSame(a: Suite, b: Suite): boolean {
  const key = ({ encryption, integrity, prfs, groups, additional }: Suite) =>
    [encryption, integrity, prfs, groups, ...additional]
      .map((list) => list.map(({ name }) => name).join('+'))
      .join(' ');
  return key(a) === key(b) && a.namesGroup === b.namesGroup;
}

/** What a suite is called in messages, as `ipsec algparse` prints it. */
export function suiteName({ encryption, integrity, prfs, groups, additional }: Suite): string {
  const parts = [encryption, integrity, prfs, groups, ...additional].map((list) =>
    list.map(({ name }) => name).join('+'),
  );
  return parts.filter((part) => part !== '').join('/');
}

/** An IKE proposal of the model. */
export function ikeProposal(suite: Suite, version: 1 | 2): IkeProposal {
  return {
    name: suiteName(suite),
    encryption: suite.encryption,
    authentication: version === 1 ? [] : suite.integrity,
    prf: suite.prfs,
    keyExchange: suite.groups,
    ...(suite.additional.length > 0 ? { additionalKeyExchanges: suite.additional } : {}),
  };
}

/** A child proposal of the model, without its source and lifetimes. */
export function childProposal(
  suite: Suite,
  protocol: 'ESP' | 'AH',
  esn: ChildProposal['esn'],
): Pick<ChildProposal, 'name' | 'protocol' | 'encryption' | 'authentication' | 'esn'> {
  return {
    name: `${protocol} ${suiteName({ ...suite, groups: [] })}`,
    protocol,
    encryption: protocol === 'AH' ? [] : suite.encryption,
    authentication: suite.integrity,
    esn,
  };
}
