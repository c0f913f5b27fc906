/** What other products of the family make of the same words. */
import { describe, expect, it } from 'vitest';
import { openswan, starter } from '../../../src/dialects/libreswan/dialect.js';
import { type DialectText, entriesOf, padOf, readDialect, templateOf } from '../../support/dialects.js';

const own = { addresses: ['192.0.2.1'] } as const;
const conn = (more: string) =>
  `conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauto=route\n\tauthby=secret\n${more.replace(/^/gm, '\t')}\n`;
const ikeOf = ({ config }: DialectText) => config.ikePolicies[0]!;
const readStarter = (more: string) => readDialect(starter, conn(more), own);

describe("strongSwan's starter", () => {
  it('adds the proposals of the product to those written, but not after a !', () => {
    const loose = readStarter('ike=aes256-sha2_256-modp2048');
    const strict = readStarter('ike=aes256-sha256-modp2048!\nesp=aes256gcm16-ecp256,aes128-sha256!');
    expect(strict.said).toEqual([]);
    expect(ikeOf(strict).proposals.map(({ encryption }) => encryption.map(({ keyBits }) => keyBits))).toEqual([[256]]);
    expect(loose.said).toEqual([]);
    expect(ikeOf(loose).proposals.length).toBeGreaterThan(1);
    expect(templateOf(strict).proposals.map(({ keyExchange = [] }) => keyExchange.map(({ id }) => id))).toEqual([
      [19],
      [],
    ]);
  });

  it('has a second round of authentication for each end', () => {
    const pad = padOf(readStarter('keyexchange=ikev1\nleftauth=psk\nrightauth=psk\nleftauth2=xauth-noauth'));
    expect(pad.localRounds?.map(({ method }) => method.value)).toEqual(['XAUTH']);
    expect(pad.remoteRounds).toBeUndefined();
    const server = padOf(readStarter('leftauth=pubkey\nrightauth=pubkey\nrightauth2=eap-mschapv2'));
    expect(server.remoteRounds?.map(({ method }) => method.value)).toEqual(['EAP']);
  });

  it('takes no list as its own default', () => {
    const first = templateOf(readStarter('')).proposals[0]!;
    expect(first.encryption.map(({ name }) => name)).toEqual(['AES-CBC-128']);
    expect(first.authentication.map(({ ikev2Id }) => ikev2Id)).toEqual([12]);
  });

  it('says which algorithm it does not know', () => {
    expect(readStarter('ike=aes256-sha999-modp2048!').said).toHaveLength(1);
    expect(readStarter('ike=aes256-sha999-modp2048!').said[0]).toMatch(/^6:\d+ IMP004 /);
  });

  it('rekeys by margins, and authenticates anew unless told not to', () => {
    const usual = readStarter('ikelifetime=3h\nlifetime=1h\nmargintime=9m\nrekeyfuzz=50%');
    expect(ikeOf(usual)).toMatchObject({
      lifetimeSeconds: { value: 10800 },
      reauthenticationSeconds: { value: 10260 },
      rekeySeconds: { value: 0 },
      rekeyRandomSeconds: { value: 270 },
    });
    expect(templateOf(usual).proposals[0]).toMatchObject({
      lifetimeSeconds: { value: 3600 },
      rekeySeconds: { value: 3060 },
      rekeyRandomSeconds: { value: 270 },
    });
    const quiet = ikeOf(readStarter('reauth=no\nikelifetime=3h'));
    expect(quiet.reauthenticationSeconds).toBeUndefined();
    expect(quiet.rekeySeconds!.value).toBe(10260);
    expect(ikeOf(readStarter('rekey=no')).rekeySeconds!.value).toBe(0);
  });

  it('does what closeaction and dpdaction say', () => {
    expect(templateOf(readStarter('closeaction=restart\ndpdaction=hold\nkeyexchange=ikev2'))).toMatchObject({
      onClose: { value: 'START' },
      onDeadPeer: { value: 'TRAP' },
    });
  });

  it('selects the address of a road warrior that asks for one', () => {
    const server = readDialect(
      starter,
      'conn rw\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/16\n\tright=%any\n\trightsourceip=10.9.0.0/24\n\tauto=add\n',
      own,
    );
    expect(entriesOf(server)).toEqual(['rw: 10.1.0.0/16 - 10.9.0.0/24 > PROTECT']);
  });
});

describe('Openswan', () => {
  it('speaks both versions unless told otherwise, and begins with IKEv1', () => {
    const versions = (more: string) => padOf(readDialect(openswan, conn(more), own)).ikeVersions.value;
    expect(versions('')).toEqual([1, 2]);
    expect(versions('ikev2=never')).toEqual([1]);
    expect(versions('ikev2=insist')).toEqual([2]);
    expect(versions('ikev2=propose')).toEqual([2, 1]);
    expect(versions('keyexchange=oakley')).toEqual([1]);
    expect(versions('ikev1=no')).toEqual([2]);
  });

  it('does not know words of Libreswan', () => {
    const { said } = readDialect(openswan, conn('ipsec-interface=yes'), own);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/IMP002 .*ipsec-interface/);
  });

  it('keeps words of its ancestors', () => {
    const { said } = readDialect(openswan, `config setup\n\tplutowait=no\n\n${conn('x-comment=whatever')}`, own);
    expect(said.filter((one) => !one.includes('IMP006'))).toEqual([]);
  });
});
