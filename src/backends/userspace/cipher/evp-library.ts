/**
 * OpenSSL's EVP functions, which the node executable exports for addons. The ABI is that of OpenSSL 3; they are looked up one by one,
 * and where one is missing (a distribution's Node may hide them) there are none.
 */
import type { Native } from '../system/native.js';

const declarations = {
  OpenSSL_version_num: 'unsigned long OpenSSL_version_num()',
  EVP_CIPHER_fetch: 'intptr_t EVP_CIPHER_fetch(intptr_t, str, intptr_t)',
  EVP_CIPHER_free: 'void EVP_CIPHER_free(intptr_t)',
  EVP_CIPHER_CTX_new: 'intptr_t EVP_CIPHER_CTX_new()',
  EVP_CIPHER_CTX_free: 'void EVP_CIPHER_CTX_free(intptr_t)',
  EVP_CIPHER_CTX_ctrl: 'int EVP_CIPHER_CTX_ctrl(intptr_t, int, int, intptr_t)',
  EVP_CIPHER_CTX_get_params: 'int EVP_CIPHER_CTX_get_params(intptr_t, intptr_t)',
  EVP_CIPHER_CTX_set_padding: 'int EVP_CIPHER_CTX_set_padding(intptr_t, int)',
  EVP_CipherInit_ex: 'int EVP_CipherInit_ex(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, int)',
  EVP_EncryptInit_ex: 'int EVP_EncryptInit_ex(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)',
  EVP_DecryptInit_ex2: 'int EVP_DecryptInit_ex2(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)',
  EVP_Cipher: 'int EVP_Cipher(intptr_t, intptr_t, intptr_t, unsigned int)',
  EVP_CipherFinal_ex: 'int EVP_CipherFinal_ex(intptr_t, intptr_t, intptr_t)',
  EVP_get_digestbyname: 'intptr_t EVP_get_digestbyname(str)',
  HMAC_CTX_new: 'intptr_t HMAC_CTX_new()',
  HMAC_CTX_free: 'void HMAC_CTX_free(intptr_t)',
  HMAC_Init_ex: 'int HMAC_Init_ex(intptr_t, intptr_t, int, intptr_t, intptr_t)',
  HMAC_Update: 'int HMAC_Update(intptr_t, intptr_t, size_t)',
  HMAC_Final: 'int HMAC_Final(intptr_t, intptr_t, intptr_t)',
} as const;

export type EvpLibrary = Readonly<Record<keyof typeof declarations, (...args: readonly (number | string)[]) => number>>;

/** EVP_CIPHER_CTX_ctrl commands (openssl/evp.h). */
export const evpControl = { AEAD_SET_IVLEN: 0x9 } as const;

/** struct ossl_param_st (openssl/core.h), with which parameters are set and got by name; a list of them ends with one of zeros. */
export const evpParameter = {
  length: 40,
  nameAt: 0,
  typeAt: 8,
  dataAt: 16,
  sizeAt: 24,
  octets: 5,
  /** OSSL_CIPHER_PARAM_AEAD_TAG */
  TAG: 'tag',
} as const;

const openssl3 = 0x3000_0000;
const openssl4 = 0x4000_0000;

/** Undefined where they are not exported, or are of another OpenSSL than 3 (BoringSSL, say, in other runtimes). */
export function evpLibrary(native: Native): EvpLibrary | undefined {
  const library = native.executable(declarations);
  if (!library) return undefined;
  const version = library.OpenSSL_version_num();
  return version >= openssl3 && version < openssl4 ? library : undefined;
}
