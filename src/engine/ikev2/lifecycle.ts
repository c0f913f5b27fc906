/** The life of an IKE SA and of a Child SA as tables: what may happen in which state, and where it may lead. */
import { type Child, type ChildEvent, type ChildState, childTransitions } from './child-sa.js';
import type { IkeSa, IkeSaState } from './ike-sa.js';

type StateName = IkeSaState['state'];

/** What a message is to an IKE SA: its exchange, and whether it asks or answers. */
export type MessageName =
  | 'IKE_SA_INIT request'
  | 'IKE_SA_INIT response'
  | 'IKE_AUTH request'
  | 'IKE_AUTH response'
  | 'CREATE_CHILD_SA request'
  | 'CREATE_CHILD_SA response'
  | 'INFORMATIONAL request'
  | 'INFORMATIONAL response';

export type IkeSaHappening =
  | MessageName
  /** Our request was sent as often as the schedule says, and nothing came back. */
  | 'no answer'
  /** The peer of a half-open IKE SA did not go on, or the table of them is full. */
  | 'abandoned'
  /** Its lifetime is over, an operator wants it gone, or another IKE SA makes it needless. */
  | 'delete sent'
  /** It ends at once, because its peer is known to have forgotten it. */
  | 'forgotten';

type Transitions = Readonly<Record<StateName, Readonly<Partial<Record<IkeSaHappening, readonly StateName[]>>>>>;

/** A message that is not in the row of a state is not acted upon. */
export const ikeSaTransitions = {
  AwaitSaInitResponse: {
    'IKE_SA_INIT response': ['AwaitSaInitResponse', 'AwaitAuthResponse', 'Closed'],
    'no answer': ['Closed'],
    forgotten: ['Closed'],
  },
  AwaitAuthRequest: {
    'IKE_AUTH request': ['Established', 'Refused', 'Closed'],
    abandoned: ['Closed'],
    forgotten: ['Closed'],
  },
  AwaitAuthResponse: {
    'IKE_AUTH response': ['Established', 'Deleting', 'Closed'],
    'no answer': ['Closed'],
    forgotten: ['Closed'],
  },
  Refused: { abandoned: ['Closed'], forgotten: ['Closed'] },
  Established: {
    'CREATE_CHILD_SA request': ['Established', 'Replaced', 'Closed'],
    'CREATE_CHILD_SA response': ['Established', 'Replaced', 'Deleting', 'Closed'],
    'INFORMATIONAL request': ['Established', 'Replaced', 'Closed'],
    'INFORMATIONAL response': ['Established', 'Closed'],
    'delete sent': ['Deleting'],
    'no answer': ['Replaced', 'Closed'],
    forgotten: ['Closed'],
  },
  Replaced: {
    'CREATE_CHILD_SA request': ['Replaced', 'Closed'],
    'CREATE_CHILD_SA response': ['Replaced', 'Deleting', 'Closed'],
    'INFORMATIONAL request': ['Replaced', 'Closed'],
    'INFORMATIONAL response': ['Replaced', 'Closed'],
    'delete sent': ['Deleting'],
    'no answer': ['Closed'],
    forgotten: ['Closed'],
  },
  Deleting: {
    'CREATE_CHILD_SA request': ['Deleting', 'Closed'],
    'INFORMATIONAL request': ['Deleting', 'Closed'],
    'INFORMATIONAL response': ['Closed'],
    'no answer': ['Closed'],
    forgotten: ['Closed'],
  },
  Closed: {},
} as const satisfies Transitions;

const table: Transitions = ikeSaTransitions;

/** May an IKE SA take this message now? */
export function takes({ state }: IkeSa, message: MessageName): boolean {
  return table[state.state][message] !== undefined;
}

/** Puts an IKE SA into its next state. One that the table does not lead to is a bug of ours. */
export function become(sa: IkeSa, happening: IkeSaHappening, next: IkeSaState): void {
  const from = sa.state.state;
  if (!table[from][happening]?.includes(next.state))
    throw new Error(`${from} cannot become ${next.state} by ${happening}`);
  sa.state = next;
}

const childTable: Readonly<Record<ChildState, Readonly<Partial<Record<ChildEvent, ChildState>>>>> = childTransitions;

/** Puts a Child SA into its next state; as `become`. */
export function childBecomes(child: Child, happening: ChildEvent): void {
  const next = childTable[child.state][happening];
  if (!next) throw new Error(`a Child SA in state ${child.state} cannot be ${happening}`);
  child.state = next;
}
