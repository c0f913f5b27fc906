/** Settings of a product that its configuration has, by the product's own names. */
import type { Environment } from './environment.js';

/** A setting that is on or off; undefined where it is not written. */
export function productSetting({ view }: Pick<Environment, 'view'>, name: string): boolean | undefined {
  const value = view.config.productSettings?.get(name)?.value;
  return value === undefined ? undefined : /^(?:yes|true|enabled|1)$/i.test(value);
}
