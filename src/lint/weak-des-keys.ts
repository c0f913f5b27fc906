/** The weak and semi-weak keys of DES (FIPS 74 §3.6), without regard to the parity bits. */
const weakKeys: ReadonlySet<string> = new Set(
  [
    '0101010101010101',
    'fefefefefefefefe',
    'e0e0e0e0f1f1f1f1',
    '1f1f1f1f0e0e0e0e',
    '011f011f010e010e',
    '1f011f010e010e01',
    '01e001e001f101f1',
    'e001e001f101f101',
    '01fe01fe01fe01fe',
    'fe01fe01fe01fe01',
    '1fe01fe00ef10ef1',
    'e01fe01ff10ef10e',
    '1ffe1ffe0efe0efe',
    'fe1ffe1ffe0efe0e',
    'e0fee0fef1fef1fe',
    'fee0fee0fef1fef1',
  ].map((hexadecimal) =>
    withoutParity(Uint8Array.from(hexadecimal.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))),
  ),
);

function withoutParity(octets: Uint8Array): string {
  return Array.from(octets, (octet) => (octet >> 1).toString(16)).join('.');
}

/** What is wrong with a DES or 3DES key of the right length, or nothing. */
export function weaknessOf(key: Uint8Array): string | undefined {
  const parts = Array.from({ length: key.length / 8 }, (_, index) =>
    withoutParity(key.subarray(index * 8, index * 8 + 8)),
  );
  if (parts.some((part) => weakKeys.has(part))) return 'a weak key of DES';
  if (parts.length === 3 && (parts[0] === parts[1] || parts[1] === parts[2]))
    return 'two neighbouring parts alike, which makes 3DES plain DES';
  return undefined;
}
