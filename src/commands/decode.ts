import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { cryptoFlag, outputFlag, traceFlag } from '../cli/flags.js';
import { exitCode } from '../exit-code.js';
import type { DecodeDocument } from '../report/decode/document.js';
import { renderDecode } from '../report/decode/text.js';
import { terminalWidth } from '../report/terminal.js';

export default class Decode extends BaseCommand {
  static override summary = 'Explain the IKE, ESP and AH packets of a capture, or one IKE message.';
  static override description =
    `Reads pcap and pcapng files, and single messages in hexadecimal, with the codec of the product's own engine. Of each
IKE message it says exchange, message ID, flags, payloads in the notation of the RFCs, proposals in words, identities,
traffic selectors and what notifications mean; of an answer also what was chosen, narrowed or refused, and why, as far
as the wire tells. Packets of ESP and AH are counted by their SAs.

With keys the encrypted payloads are opened, IKE fragments put together, ESP packets decrypted and their ICVs judged.
Keys are Wireshark's tables (ikev1_decryption_table, ikev2_decryption_table, esp_sa), as \`ipsec negotiate --keys\`,
Wireshark and strongSwan's save-keys plugin write them, or the same as JSON. No key is ever shown.

The exit code is 1 where something could not be decoded or an ICV is wrong.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> capture.pcapng',
    '<%= config.bin %> <%= command.id %> capture.pcapng --keys keys --trace payloads',
    'tcpdump -w - -U "udp port 500 or udp port 4500 or esp" | <%= config.bin %> <%= command.id %> -',
    '<%= config.bin %> <%= command.id %> 47ddb65a9c6f77ed0000000000000000292022200000000000000024000000080000000e',
  ];
  static override args = {
    input: Args.string({
      required: true,
      description: 'Capture file (pcap, pcapng), an IKE message in hexadecimal, or - for the standard input.',
    }),
  };
  static override flags = {
    output: outputFlag,
    keys: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'PATH',
      summary: 'Open what is encrypted with these keys: a table, or a folder of tables; may be repeated.',
    }),
    trace: traceFlag('Show every packet of ESP and AH; with the fields of payloads; with octets.'),
    crypto: cryptoFlag,
  };

  async run(): Promise<DecodeDocument> {
    const { args, flags } = await this.parse(Decode);
    const { decodeCapture } = await import('../services/decode/decode.js');
    const document = await decodeCapture({
      input: args.input,
      keys: flags.keys ?? [],
      crypto: flags.crypto,
      ...(flags.trace ? { detail: flags.trace } : {}),
    });
    const lines = renderDecode(document, {
      width: terminalWidth(),
      style: await this.style(),
      verbosity: this.verbosity,
    });
    this.writeLines(lines);
    if (!document.good) process.exitCode = exitCode.bad;
    return document;
  }
}
