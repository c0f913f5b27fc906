/** Manual keys of two systems: what one sends with, the other must receive with (hpux-ipsec reference 2.12). */
import type { ManualSa, ManualSaPair } from '../system-config.js';

/** What does not fit, in words without any key: none when both SAs cross. */
export function manualKeyFaults(
  mine: ManualSaPair,
  theirs: ManualSaPair,
  names: { readonly mine: string; readonly theirs: string },
): string[] {
  return [
    ...saFaults(mine.outbound, theirs.inbound, { from: names.mine, to: names.theirs }),
    ...saFaults(theirs.outbound, mine.inbound, { from: names.theirs, to: names.mine }),
  ];
}

function saFaults(sent: ManualSa, received: ManualSa, { from, to }: { from: string; to: string }): string[] {
  const way = `${from} to ${to}`;
  if (sent.protocol !== received.protocol)
    return [`${way}: ${from} sends ${sent.protocol}, ${to} expects ${received.protocol}`];
  const faults: string[] = [];
  if (sent.spi !== received.spi)
    faults.push(`${way}: ${from} sends with SPI ${sent.spi}, ${to} expects SPI ${received.spi}`);
  if (!sent.authenticationKey.equals(received.authenticationKey)) faults.push(`${way}: the authentication keys differ`);
  const [a, b] = [sent.encryptionKey, received.encryptionKey];
  if (a && b ? !a.equals(b) : a !== b) faults.push(`${way}: the encryption keys differ`);
  return faults;
}
