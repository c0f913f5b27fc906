/** The worker of the way in: waits for datagrams and raw packets and for the main thread, and does nothing else. */
import { buildIp } from '../../../engine/ipsec/ip-build.js';
import { ipProtocols } from '../../../engine/ipsec/packet.js';
import { Counters } from '../counters.js';
import { type Arrival, destinationOf, sourceOf } from '../fast/arrival.js';
import { sumCode } from '../fast/sum-code.js';
import { TunWriter, tunWriterMemory } from '../fast/tun-writer.js';
import type { IkeMessage } from '../report.js';
import { type DatagramReceiver, datagramReceiver, receiveMax } from '../system/datagram.js';
import { errorName } from '../system/host-error.js';
import { vnet } from '../system/linux.js';
import { allocate, allocateSummed } from '../system/memory.js';
import { poller, wake } from '../system/wake.js';
import { Control } from './control.js';
import { stopWord, wokenWord } from './ended.js';
import { Backlog, EventLimiter } from './events.js';
import { InboundCore } from './inbound-core.js';
import { adopt, backlogMax, engineOf, steadyClock, type WorkerSetup, type WorkerTools, waitFor } from './setup.js';

/** Calls of one socket before the others and the main thread are looked at again. */
const receivesPerTurn = 32;
const packetMax = vnet.length + 65_535;
const ipv4HeaderMin = 20;

/** Runs until the main thread says stop. Never throws for what comes from outside. */
export function runInbound(setup: WorkerSetup, tools: WorkerTools): void {
  const { native, provider, port, receive } = tools;
  const { libc, errors } = native;
  const counters = new Counters(setup.counters);
  const now = steadyClock();
  const control = new Control(port, new Backlog(setup.backlog, backlogMax), receive);
  const limiter = new EventLimiter(counters);
  const stopWords = new Int32Array(setup.stop);
  const { descriptor, name: tunName, gathers } = setup.tun;

  let mustStop = false;
  const write = (address: number, length: number): void => {
    counters.add('tunWrites');
    if (libc.write(descriptor, address, length) >= 0) return;
    const error = libc.errno();
    counters.add('tunErrors');
    counters.dropped('host');
    const why = `the device ${tunName} takes no packets (${errorName(native, error)})`;
    if (error !== errors.EAGAIN && limiter.admit(why, now()) !== undefined) control.fault(why, false);
  };
  const writer = new TunWriter(allocateSummed(native, tunWriterMemory, sumCode), gathers, (memory, at, length) =>
    write(memory.address + at, length),
  );
  const single = allocate(native, packetMax);
  const core = new InboundCore(
    writer,
    {
      provider,
      engine: engineOf(setup, native),
      counters,
      ikePorts: setup.ikePorts,
      forwards: setup.forwards,
      icmpErrors: setup.icmpErrors,
      pathMtu: () => undefined,
      now,
    },
    {
      deliver(packet) {
        single.octets.fill(0, 0, vnet.length);
        single.octets.set(packet, vnet.length);
        write(single.address, vnet.length + packet.length);
      },
      catchUp() {
        if (Atomics.load(stopWords, wokenWord) === 0) return false;
        if (control.take(core, () => {}).stop) mustStop = true;
        return true;
      },
      ike: (message: IkeMessage) => control.tell({ kind: 'ike', message }),
      sa: (event, more) => control.sa(event, more),
      drop: (reason, why, more) => control.drop(reason, why, more),
    },
  );

  const memory = allocate(native, receiveMax);
  const receivers = adopt(setup, native)
    .filter(({ purpose }) => purpose.kind !== 'whole')
    .map((socket) => datagramReceiver(native, socket, memory, 0));
  const signal = wake(native, setup.wake);
  const poll = poller(native, [signal.descriptor, ...receivers.map(({ socket }) => socket.descriptor)]);
  control.ready();
  let isMore = false;
  for (;;) {
    const next = core.nextTimeout;
    const isAny = poll.wait(isMore ? 0 : waitFor(next, now()));
    counters.add('wakeups');
    core.readClock();
    if (isMore || (isAny && poll.ready(0))) {
      signal.clear();
      Atomics.store(stopWords, wokenWord, 0);
      const taken = control.take(core, () => {});
      if (taken.stop) break;
      isMore = taken.more;
    }
    if (mustStop || stopWords[stopWord] !== 0) break;
    if (isAny) {
      for (const [index, receiver] of receivers.entries()) if (poll.ready(index + 1)) receiveAll(receiver);
    }
    core.flush();
    if (next !== undefined && now() >= next) core.tick();
  }
  core.close();
  port.close();

  function receiveAll(receiver: DatagramReceiver): void {
    for (let count = 0; count < receivesPerTurn; count += 1) {
      const length = receiver.receive();
      if (length < 0) {
        const error = libc.errno();
        // Whatever a socket reports is taken off it by being reported; the next call goes on.
        if (error !== errors.EAGAIN && error !== errors.EINTR) counters.add('socketErrors');
        return;
      }
      counters.add('receives');
      if (receiver.truncated) counters.dropped('malformed');
      else take(receiver, length);
    }
  }

  function take(receiver: DatagramReceiver, length: number): void {
    const { purpose, family } = receiver.socket;
    const { meta, sourceAt, destinationAt, trafficClass, hopLimit } = receiver;
    if (purpose.kind === 'UDP') {
      const ports = { source: receiver.sourcePort, destination: purpose.port };
      const arrival: Arrival = { family, ports, trafficClass, hopLimit, meta, sourceAt, destinationAt };
      if (purpose.port === setup.ikePorts.natTraversal) core.datagrams(memory, 0, length, receiver.segment, arrival);
      else core.ike(arrival, memory.octets.slice(0, length));
      return;
    }
    if (purpose.kind !== 'raw') return;
    if (family === 4) {
      // A raw socket of IPv4 hands the header over too.
      const headerLength = (memory.octets[0]! & 15) * 4;
      if (length < ipv4HeaderMin || headerLength < ipv4HeaderMin || headerLength > length) {
        counters.dropped('malformed');
        return;
      }
      if (purpose.protocol === ipProtocols.AH || headerLength !== ipv4HeaderMin) {
        core.reference(memory.octets.slice(0, length));
        return;
      }
      const about = { trafficClass: memory.octets[1]!, hopLimit: memory.octets[8]! };
      const arrival: Arrival = { family, ...about, meta: memory, sourceAt: 12, destinationAt: 16 };
      core.esp(memory, headerLength, length - headerLength, arrival);
      return;
    }
    const arrival: Arrival = { family, trafficClass, hopLimit, meta, sourceAt, destinationAt };
    if (purpose.protocol !== ipProtocols.AH) {
      core.esp(memory, 0, length, arrival);
      return;
    }
    const [source, destination] = [sourceOf(arrival), destinationOf(arrival)];
    const header = { source, destination, protocol: ipProtocols.AH, trafficClass, hopLimit };
    const packet = buildIp(header, memory.octets.slice(0, length));
    if (packet) core.reference(packet);
    else counters.dropped('malformed');
  }
}
