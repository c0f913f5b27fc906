/** Settings of a product that its configuration has, by the product's own names. */
import { isSettingOn } from '../model/product-setting.js';
import type { Environment } from './environment.js';

/** A setting that is on or off; undefined where it is not written. */
export function productSetting({ view }: Pick<Environment, 'view'>, name: string): boolean | undefined {
  return isSettingOn(view.config, name);
}
