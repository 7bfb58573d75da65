import type { Meter } from '@opentelemetry/api';
import { createObserved } from './instruments.ts';

/** Observes the process: how long it runs, its processor time and its memory. */
export const observeProcess = (meter: Meter): void => {
  createObserved(meter, 'process.uptime').addCallback((result) => result.observe(process.uptime()));
  createObserved(meter, 'process.cpu.time').addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  createObserved(meter, 'process.memory.usage').addCallback((result) => result.observe(process.memoryUsage.rss()));
};
