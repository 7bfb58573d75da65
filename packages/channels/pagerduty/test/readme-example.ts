import { openPagerduty } from '@therapytrain/alerts-channel-pagerduty';

const pagerduty = openPagerduty({ routingKey: process.env['PAGERDUTY_ROUTING_KEY'] ?? '0'.repeat(32) });

/** Tells of one alert, and says whether PagerDuty took it. */
export const tell = async (): Promise<boolean> => {
  const outcome = await pagerduty.send({
    type: 'AUTH_FAILURE',
    message: 'Failed login attempt',
    metadata: { userId: 'user123', ipAddress: '192.168.1.1' },
  });
  return outcome.kind === 'done';
};

export const close = (): Promise<void> => pagerduty.close();
