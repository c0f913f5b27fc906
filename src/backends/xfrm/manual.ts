/**
 * SAs with keys from records (RFC 4301 §4.5.1) as the kernel holds them. Their lengths are checked here, because the kernel's own
 * answer to a wrong one is "Invalid argument".
 */
import type { Address } from '../../model/address.js';
import { type HostSa, type HostSelector, noMark } from '../../model/host-state.js';
import { protocolNumbers } from '../../model/packet.js';
import { Secret } from '../../model/secret.js';
import type { Region } from '../../model/selector/box.js';
import { simplify } from '../../model/selector/simplify.js';
import type { ChildProposal, ManualSa, SaTemplate } from '../../model/system-config.js';
import type { AuthenticationTransform, EncryptionTransform } from '../../model/transform.js';
import { type Refusal, sourceName } from './refusal.js';
import { selectorsOfBox } from './selectors.js';
import { onlyAddress } from './templates.js';

/** XFRMA_REPLAY_ESN_MAX of linux/xfrm.h. */
export const replayWindowMax = 4096;

/** Both SAs of a template with manual keys, or why the kernel cannot have them. */
export function manualSasOf(template: SaTemplate, reqid: number): readonly HostSa[] | Refusal {
  const { source, manual } = template;
  if (!manual) return [];
  const name = sourceName(source);
  const refuse = (message: string, help: string): Refusal => ({ source, message: `${name} ${message}`, help });
  const local = template.localEndpoint ?? onlyAddress(template.selectors, 'local');
  const remote = template.remoteEndpoint ?? onlyAddress(template.selectors, 'remote');
  if (!local || !remote || local.family !== remote.family) {
    return refuse(
      'has manual keys but not one address at each end',
      template.mode === 'tunnel' ? 'write -tsource and -tdestination' : 'write one address in -source and -destination',
    );
  }
  if (template.proposals.length > 1)
    return refuse('has manual keys and more than one transform', 'write the one transform that the keys are for');
  const window = template.antiReplayWindow?.value ?? 0;
  if (window > replayWindowMax)
    return refuse(
      `has an anti-replay window of ${window} packets, and the kernel keeps at most ${replayWindowMax}`,
      `write -replay_window ${replayWindowMax} or less`,
    );
  const proposal = template.proposals.find(({ protocol }) => protocol === manual.outbound.protocol);
  if (!proposal || manual.inbound.protocol !== manual.outbound.protocol)
    return refuse('has manual keys for another protocol than its transform', 'give the keys for the transform');
  if (proposal.esn.includes('esn'))
    return refuse(
      'has manual keys and asks for extended sequence numbers, which need IKE (RFC 4303 §2.2.1)',
      'write -esn OFF',
    );
  const sas: HostSa[] = [];
  for (const direction of ['outbound', 'inbound'] as const) {
    const key = manual[direction];
    const algorithms = algorithmsOf(proposal, key);
    if ('fault' in algorithms) return refuse(`${direction}: ${algorithms.fault}`, algorithms.help);
    const [from, to]: readonly Address[] = direction === 'outbound' ? [local, remote] : [remote, local];
    const selector = onlySelector(template, direction);
    sas.push({
      source: from!,
      destination: to!,
      spi: key.spi,
      protocol: key.protocol === 'ESP' ? protocolNumbers.ESP : protocolNumbers.AH,
      reqid,
      mode: template.mode,
      ...(selector ? { selector } : {}),
      mark: noMark,
      ifId: template.ifId?.value ?? 0,
      // The sender's counter begins again when it restarts, so this is off unless somebody insists (RFC 4303 §3.4.3).
      replayWindow: window,
      esn: false,
      flags: 0,
      extraFlags: 0,
      ...algorithms,
      limits: {},
      record: source.record,
    });
  }
  return sas;
}

interface Fault {
  readonly fault: string;
  readonly help: string;
}

function algorithmsOf(proposal: ChildProposal, key: ManualSa): Pick<HostSa, 'encryption' | 'authentication'> | Fault {
  const [encryption] = proposal.encryption;
  const [authentication] = proposal.authentication;
  const missing = missingInKernel(encryption) ?? missingInKernel(authentication);
  if (missing !== undefined) return { fault: `the kernel has no ${missing}`, help: 'take another transform' };
  if (encryption?.saltOctets !== undefined) {
    return {
      fault: `${encryption.name} must not have manual keys (RFC 8221 §3): a restart would repeat its nonces`,
      help: 'let IKE make the keys, or take a CBC cipher',
    };
  }
  const wrong =
    wrongLength('authentication', key.authenticationKey.length, authentication?.keyBits) ??
    (key.protocol === 'ESP'
      ? wrongLength('encryption', key.encryptionKey?.length ?? 0, encryption?.keyBits)
      : undefined);
  if (wrong) return wrong;
  if (key.protocol === 'AH')
    return authentication ? { authentication: authenticationOf(authentication, key) } : noIntegrity;
  return {
    ...(encryption ? { encryption: encryptionOf(encryption, key) } : {}),
    ...(authentication ? { authentication: authenticationOf(authentication, key) } : {}),
  };
}

const noIntegrity: Fault = { fault: 'AH needs an authentication algorithm', help: 'take another transform' };

function missingInKernel(transform: EncryptionTransform | AuthenticationTransform | undefined): string | undefined {
  return transform && transform.xfrm === undefined ? transform.name : undefined;
}

function wrongLength(what: string, octets: number, keyBits: number | undefined): Fault | undefined {
  // A key for an algorithm that is not there is not used: ESP without authentication has no place to leave it out.
  if (keyBits === undefined || octets * 8 === keyBits) return undefined;
  return {
    fault: `the ${what} key has ${octets * 8} bits, and its algorithm takes ${keyBits}`,
    help: `write 0x and ${keyBits / 4} hexadecimal digits`,
  };
}

function encryptionOf({ xfrm }: EncryptionTransform, key: ManualSa): HostSa['encryption'] {
  // NULL has a key of no octets, which records leave out.
  return xfrm === undefined ? undefined : { name: xfrm, key: key.encryptionKey ?? new Secret(new Uint8Array(0)) };
}

function authenticationOf({ xfrm, icvBits }: AuthenticationTransform, key: ManualSa): HostSa['authentication'] {
  return xfrm === undefined ? undefined : { name: xfrm, key: key.authenticationKey, truncatedBits: icvBits };
}

/** What the SA may carry, where one selector can say it; the policies see to the rest. */
function onlySelector(template: SaTemplate, direction: 'outbound' | 'inbound'): HostSelector | undefined {
  const wanted = direction === 'outbound' ? 0 : 1;
  const region: Region = template.selectors.filter((box) => box.direction.lo <= wanted && wanted <= box.direction.hi);
  const [box, ...more] = simplify(region.map((each) => ({ ...each, direction: { lo: 0, hi: 0 } })));
  if (!box || more.length > 0) return undefined;
  const isOneProtocol = box.protocol.lo === box.protocol.hi && box.protocol.lo !== 0;
  const isAnyProtocol = box.protocol.lo === 0 && box.protocol.hi === 255;
  if (!isOneProtocol && !isAnyProtocol) return undefined;
  const selectors = selectorsOfBox(box, direction === 'outbound' ? 'out' : 'in', 1);
  const [only] = 'tooMany' in selectors ? [] : selectors;
  return only && !takesEverything(only) ? only : undefined;
}

function takesEverything(selector: HostSelector): boolean {
  return selector.sourcePrefix === 0 && selector.destinationPrefix === 0 && selector.protocol === 0;
}
