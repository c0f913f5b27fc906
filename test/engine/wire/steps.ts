/**
 * The most steps (fields and list items) that decoding may take: each reads an octet at least, but for the few per
 * structure that are empty or enclose others.
 */
export function stepsMax(octets: number): number {
  return 2 * octets + 32;
}
