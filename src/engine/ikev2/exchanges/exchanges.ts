/** Leads checked messages to the step that they are for. */
import type { IkeSa } from '../ike-sa.js';
import type { FormOf } from '../message-rules.js';
import type { Payloads } from '../payloads.js';
import type { ExchangeName, Path } from '../transport.js';
import type { Turn } from '../turn.js';
import { onCreateChildRequest } from './create-child.js';
import { onCreateChildResponse } from './create-child-response.js';
import { onAuthResponse } from './ike-auth.js';
import { onAuthRequest } from './ike-auth-responder.js';
import { onInformationalRequest, onInformationalResponse } from './informational.js';

export interface Request {
  readonly exchange: ExchangeName;
  readonly form: string;
  readonly payloads: Payloads;
  readonly messageId: number;
  readonly path: Path;
}

/** A request that is genuine, new, legal in the state and of a form that its exchange has. */
export function onRequest(turn: Turn, sa: IkeSa, request: Request): void {
  const { exchange, form } = request;
  switch (exchange) {
    case 'IKE_AUTH':
      if (sa.state.state === 'AwaitAuthRequest') {
        onAuthRequest(turn, sa, sa.state, { ...request, form: form as FormOf<'IKE_AUTH request'> });
      }
      break;
    case 'CREATE_CHILD_SA':
      onCreateChildRequest(turn, sa, { ...request, form: form as FormOf<'CREATE_CHILD_SA request'> });
      break;
    case 'INFORMATIONAL':
      onInformationalRequest(turn, sa, request);
      break;
    case 'IKE_SA_INIT':
      break;
  }
}

/** An answer to what is outstanding, checked likewise. */
export function onResponse(turn: Turn, sa: IkeSa, exchange: ExchangeName, form: string, payloads: Payloads): void {
  switch (exchange) {
    case 'IKE_AUTH':
      if (sa.state.state === 'AwaitAuthResponse') {
        onAuthResponse(turn, sa, sa.state, form as FormOf<'IKE_AUTH response'>, payloads);
      }
      break;
    case 'CREATE_CHILD_SA':
      onCreateChildResponse(turn, sa, form as FormOf<'CREATE_CHILD_SA response'>, payloads);
      break;
    case 'INFORMATIONAL':
      onInformationalResponse(turn, sa, payloads);
      break;
    case 'IKE_SA_INIT':
      break;
  }
}
