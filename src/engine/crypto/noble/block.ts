/** Block ciphers of our own and CBC mode over them (NIST SP 800-38A §6.2). */

/** One block in, one block out; both offsets are in octets and the two arrays may be the same. */
export interface BlockCipher {
  readonly blockLength: number;
  encryptBlock(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void;
  decryptBlock(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void;
}

/** CBC without padding; `data` is whole blocks. */
export function cbcEncrypt(cipher: BlockCipher, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const { blockLength } = cipher;
  const result = new Uint8Array(data.length);
  const block = Uint8Array.from(iv);
  for (let at = 0; at < data.length; at += blockLength) {
    for (let index = 0; index < blockLength; index += 1) block[index]! ^= data[at + index]!;
    cipher.encryptBlock(block, 0, block, 0);
    result.set(block, at);
  }
  return result;
}

/** The inverse of `cbcEncrypt`. */
export function cbcDecrypt(cipher: BlockCipher, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const { blockLength } = cipher;
  const result = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += blockLength) {
    cipher.decryptBlock(data, at, result, at);
    for (let index = 0; index < blockLength; index += 1) {
      result[at + index]! ^= at === 0 ? iv[index]! : data[at - blockLength + index]!;
    }
  }
  return result;
}
