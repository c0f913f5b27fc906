/** A decoded capture as plain data: what `decode --json` prints, and what the text is made from. It holds no key. */

export interface DecodeDocument {
  readonly input: {
    readonly name: string;
    readonly format: 'pcap' | 'pcapng' | 'message';
    readonly octets: number;
    /** Frames of the capture, those of other protocols too. */
    readonly frames: number;
  };
  /** When the first packet was captured (ISO 8601). */
  readonly beginsAt?: string;
  /** Was everything decoded, and no ICV wrong? Negotiations that fail are told, and do not count here. */
  readonly good: boolean;
  /** In the order of the capture; packets of one ESP or AH SA between two IKE messages are one entry, unless all are wanted. */
  readonly packets: readonly DecodedPacket[];
  readonly ikeSas: readonly IkeSaDocument[];
  /** ESP and AH, by their SPIs. */
  readonly sas: readonly SaDocument[];
  readonly keys?: Readonly<Record<'ikev1' | 'ikev2' | 'esp', { readonly given: number; readonly used: number }>>;
  /** Damage of the file, and packets that end too early. */
  readonly faults: readonly DecodeFault[];
  readonly notes: readonly string[];
}

export interface DecodedPacket {
  /** From 1, as Wireshark counts. */
  readonly frame: number;
  /** Of an entry for several packets. */
  readonly lastFrame?: number;
  readonly count: number;
  /** Milliseconds after the first packet of the capture; absent where it has no times. */
  readonly at?: number;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly kind: 'IKE' | 'ESP' | 'AH' | 'keepalive';
  /** `IKE_AUTH 1 R`, `ESP 0badcafe`. */
  readonly title: string;
  /** `HDR, SK {IDr, AUTH, SAr2, TSi, TSr}`; what an ESP packet holds. */
  readonly text: string;
  readonly ike?: {
    readonly version: string;
    readonly exchange: string;
    readonly flags: readonly string[];
    readonly messageId: number;
    readonly initiatorSpi: string;
    readonly responderSpi: string;
  };
  /** `clear`: nothing encrypted; `opened`: decrypted; `sealed`: no key; `failed`: keys that do not open it. */
  readonly protection: 'clear' | 'opened' | 'sealed' | 'failed';
  readonly icv?: 'good' | 'bad' | 'not judged';
  /** The frame that it repeats, octet for octet. */
  readonly repeats?: number;
  /** The frame whose request it answers. */
  readonly answers?: number;
  /** What its payloads say, line by line. */
  readonly details: readonly string[];
  /** What was chosen or refused, and why. */
  readonly remarks: readonly string[];
  /** Why it could not be decoded or opened. */
  readonly fault?: string;
  readonly fields?: readonly { readonly depth: number; readonly text: string }[];
  readonly octets?: string;
}

export interface IkeSaDocument {
  readonly version: 1 | 2;
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly initiator: string;
  readonly responder: string;
  readonly messages: number;
  /** Did a key open something of it? */
  readonly opened: boolean;
  /** What was agreed on for it. */
  readonly chosen?: string;
  readonly initiatorId?: string;
  readonly responderId?: string;
  /** Requests without an answer, and what that may mean. */
  readonly unanswered: readonly string[];
}

export interface SaDocument {
  readonly protocol: 'ESP' | 'AH';
  readonly spi: string;
  readonly source: string;
  readonly destination: string;
  readonly udpEncapsulation: boolean;
  readonly packets: number;
  readonly firstFrame: number;
  readonly lastFrame: number;
  readonly sequence?: { readonly first: number; readonly last: number; readonly repeated: number };
  /** Packets by what is known of their ICV. */
  readonly icv: { readonly good: number; readonly bad: number; readonly notJudged: number };
  readonly opened: number;
  readonly algorithms?: string;
  readonly mode?: 'transport' | 'tunnel';
  /** The frame of the IKE message that has its SPI. */
  readonly negotiatedIn?: number;
  /** What is odd about it. */
  readonly remarks: readonly string[];
}

export interface DecodeFault {
  readonly frame?: number;
  readonly offset?: number;
  readonly why: string;
}
