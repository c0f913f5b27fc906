/** `1 error`, `2 errors`; `many` where the noun has another plural. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
