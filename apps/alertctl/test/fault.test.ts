import { describe, expect, test } from '@jest/globals';
import { AlertError, type AlertErrorCode } from '@therapytrain/alerts-core';
import { ExitCode } from '../src/exit-code.ts';
import { faultJson, faultLine, faultOf, UsageError } from '../src/output/fault.ts';

const address = '127.0.0.1:50051';

describe('a failure', () => {
  test.each([
    ['GATEWAY_UNAVAILABLE', ExitCode.UNREACHABLE],
    ['DEADLINE_EXCEEDED', ExitCode.UNREACHABLE],
    ['DRAINING', ExitCode.UNREACHABLE],
    ['FIELD_INVALID', ExitCode.REFUSED],
    ['FILTER_INVALID', ExitCode.REFUSED],
    ['ALERT_NOT_FOUND', ExitCode.REFUSED],
  ] as [AlertErrorCode, ExitCode][])('%s ends with %d', (code, exitCode) => {
    expect(faultOf(new AlertError(code, 'm'), address).exitCode).toBe(exitCode);
  });

  test('of the connection says how to start the gateway', () => {
    const line = faultLine(faultOf(new AlertError('GATEWAY_UNAVAILABLE', 'no'), address), address);
    expect(line).toBe(
      'alertctl: the gateway at 127.0.0.1:50051 cannot be reached. Start it (npm start, or alert-gateway --listen ' +
        '127.0.0.1:50051), or name another with --address.',
    );
  });

  test('of a report that may be kept tells the id to send it again with', () => {
    const fault = faultOf(new AlertError('DEADLINE_EXCEEDED', 'no answer', { facts: { requestId: 'r-1' } }), address);
    expect(faultLine(fault, address)).toBe(
      'alertctl: no answer. Try again in a moment. To be sure, report it again with --request-id r-1: it is kept once.',
    );
    expect(faultJson(fault)).toMatchObject({ error: { requestId: 'r-1' } });
  });

  test('names the fields at fault for a program', () => {
    const violations = [{ field: 'message', rule: 'is empty' }];
    const error = new AlertError('FIELD_INVALID', 'message: is empty', { violations });
    expect(faultJson(faultOf(error, address))).toEqual({
      error: { code: 'FIELD_INVALID', message: 'message: is empty', violations },
    });
  });

  test('of the user or of a file is a matter of usage', () => {
    expect(faultOf(new UsageError('no file'), address)).toMatchObject({ code: 'USAGE', exitCode: ExitCode.USAGE });
    const broken = Object.assign(new Error('x'), { code: 'EIO', syscall: 'read' });
    expect(faultOf(broken, address)).toMatchObject({ code: 'USAGE', message: 'a file could not be read: EIO' });
  });

  test('of ours is a defect', () => {
    expect(faultOf(new TypeError('oops'), address)).toMatchObject({ code: 'DEFECT', exitCode: ExitCode.REFUSED });
  });
});
