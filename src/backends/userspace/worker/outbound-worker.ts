/** The worker of the way out: waits for packets of the TUN device and for the main thread, and does nothing else. */
import type { SystemConfig } from '../../../model/system-config.js';
import { Counters } from '../counters.js';
import { sumCode } from '../fast/sum-code.js';
import { acquireMessage, acquireOf, type ToWorker } from '../messages.js';
import { errorName } from '../system/host-error.js';
import { vnet } from '../system/linux.js';
import { allocate, allocateSummed } from '../system/memory.js';
import { poller, wake } from '../system/wake.js';
import { Control } from './control.js';
import { stopWord, wokenWord } from './ended.js';
import { Backlog, EventLimiter } from './events.js';
import { OutboundCore } from './outbound-core.js';
import { PathMtus } from './path-mtus.js';
import { noPolicy } from './policies.js';
import { Senders } from './senders.js';
import { adopt, backlogMax, engineOf, steadyClock, type WorkerSetup, type WorkerTools, waitFor } from './setup.js';

/** Packets that are read before the main thread is looked at again: a quarter of a millisecond or so. */
const readsPerTurn = 64;
/** In front of the packet nothing is written; behind it padding may be, for a moment. */
const packetMax = vnet.length + 65_535;
const trailerRoom = 512;

/** Runs until the main thread says stop. Never throws for what comes from outside. */
export function runOutbound(setup: WorkerSetup, tools: WorkerTools): void {
  const { native, provider, port, receive } = tools;
  const { libc, errors } = native;
  const counters = new Counters(setup.counters);
  const now = steadyClock();
  const control = new Control(port, new Backlog(setup.backlog, backlogMax), receive);
  const limiter = new EventLimiter(counters);
  const stopWords = new Int32Array(setup.stop);
  const paths = new PathMtus(native, setup.mark);
  let generation = 0;
  let config: SystemConfig = noPolicy;

  const fault = (why: string): void => {
    if (limiter.admit(why, now()) !== undefined) control.fault(why, false);
  };
  const senders = new Senders({
    native,
    sockets: adopt(setup, native),
    counters,
    paths,
    now,
    pathChanged: () => core.pathChanged(),
    fault,
  });
  const answerMemory = allocate(native, packetMax);
  const core = new OutboundCore(
    native,
    {
      provider,
      engine: engineOf(setup, native),
      counters,
      ikePorts: setup.ikePorts,
      forwards: setup.forwards,
      icmpErrors: setup.icmpErrors,
      pathMtu: (remote) => paths.get(remote),
      now,
    },
    {
      sendBatch: (batch) => senders.batch(batch),
      sendPacket: (packet) => senders.packet(packet),
      answer(packet) {
        answerMemory.octets.fill(0, 0, vnet.length);
        answerMemory.octets.set(packet, vnet.length);
        libc.write(setup.tun.descriptor, answerMemory.address, vnet.length + packet.length);
      },
      acquire(acquire) {
        const message = acquireMessage(acquire, config, generation);
        if (message) control.tell({ kind: 'acquire', acquire: message });
      },
      sa: (event, more) => control.sa(event, more),
      drop: (reason, why, more) => control.drop(reason, why, more),
      removed: (sa) => senders.forget(sa),
    },
  );

  const other = (message: ToWorker): void => {
    switch (message.kind) {
      case 'config':
        ({ generation, config } = message);
        break;
      case 'failed': {
        const acquire = acquireOf(message.acquire, config, generation);
        if (acquire) core.negotiationFailed(acquire, now() + message.forMillis);
        break;
      }
      case 'send-ike':
        senders.ike(message.message);
        break;
      default:
        break;
    }
  };

  const signal = wake(native, setup.wake);
  const poll = poller(native, [signal.descriptor, setup.tun.descriptor]);
  const packet = allocateSummed(native, packetMax + trailerRoom, sumCode);
  control.ready();
  let isMore = false;
  for (;;) {
    const timeouts = [core.nextTimeout, paths.nextTimeout].flatMap((time) => time ?? []);
    const next = timeouts.length > 0 ? Math.min(...timeouts) : undefined;
    const isAny = poll.wait(isMore ? 0 : waitFor(next, now()));
    counters.add('wakeups');
    core.readClock();
    if (isMore || (isAny && poll.ready(0))) {
      signal.clear();
      Atomics.store(stopWords, wokenWord, 0);
      const taken = control.take(core, other);
      if (taken.stop) break;
      isMore = taken.more;
    }
    if (stopWords[stopWord] !== 0) break;
    if (isAny && poll.ready(1) && !readAll()) break;
    core.flush();
    if (next !== undefined && now() >= next) {
      if (paths.expire(now())) core.pathChanged();
      core.tick();
    }
  }
  core.close();
  port.close();

  /** Takes packets until there are none. False where the device is gone for good. */
  function readAll(): boolean {
    for (let count = 0; count < readsPerTurn; count += 1) {
      const length = libc.read(setup.tun.descriptor, packet.address, packetMax);
      if (length < 0) {
        const error = libc.errno();
        if (error === errors.EAGAIN || error === errors.EINTR) return true;
        counters.add('tunErrors');
        const name = errorName(native, error);
        // EBADFD: the device was removed under us; everything else may pass.
        const isGone = error === errors.EBADF || error === errors.EBADFD || name === 'error 77';
        const why = `the device ${setup.tun.name} cannot be read (${name})`;
        if (!isGone) {
          fault(why);
          return true;
        }
        control.fault(why, true);
        return false;
      }
      counters.add('tunReads');
      if (length > vnet.length) core.packet(packet, 0, length);
    }
    return true;
  }
}
