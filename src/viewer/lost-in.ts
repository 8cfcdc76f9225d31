import { lostAttempts, type LostAttempts } from '../reading/lost-attempts.ts';
import type { Filter } from '../store/filter.ts';
import type { JourneyFunnel } from '../store/journey-rows.ts';
import type { StoreReader } from '../store/reader.ts';

/** How attempts to connect were lost. A status narrows calls, and a limit rows. @param funnels of the same filter */
export const lostIn = (
  reader: StoreReader,
  filter: Filter,
  funnels: readonly JourneyFunnel[] = reader.journeyFunnels(filter),
): LostAttempts[] => lostAttempts(funnels, reader.journeys({ ...filter, status: 'stopped', limit: undefined }));
