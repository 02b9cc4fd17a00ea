//! What an operator can choose, and how the storage engine is set up.

use pyralog_primitives::ByteCount;
use rocksdb::{
    BlockBasedOptions, Cache, DBCompressionType, DBRecoveryMode, InfoLogger, LogLevel,
    Options as RocksOptions,
};

use crate::family::Family;

const MIB: usize = 1024 * 1024;

/// What an operator can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Memory for blocks of files that are read often. Too little, and each
    /// account that a block touches is read from disk.
    pub cache: ByteCount,
    /// Below so much free space the store says that it is low. The default
    /// holds a full log, all that memory holds, and a merge of the largest
    /// files beside them, twice over: what is still written after submission
    /// ends.
    pub reserve: ByteCount,
    /// Whether blocks can be found by their events. Costs about as much as
    /// everything else in a block of transfers.
    pub index_events: bool,
    /// How many files of the system the store may have open; none bounds only
    /// what the system allows. Too few, and files are opened for each read; more
    /// than the system allows beside all else, and the store stops when it
    /// cannot open one.
    pub open_file_count_max: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache: ByteCount::new(256 * 1024 * 1024),
            reserve: ByteCount::new(1024 * 1024 * 1024),
            index_events: true,
            open_file_count_max: None,
        }
    }
}

/// Lower, and memory is written to small files often; higher, and a start
/// after a crash replays for longer.
const LOG_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// All memory tables together; more waits for the disk.
const MEMORY_TABLES_BYTES_MAX: usize = 256 * MIB;
/// The engine's own report of what it does.
const REPORT_BYTES_MAX: usize = 4 * MIB;
const REPORT_COUNT_MAX: usize = 4;
/// Of the files that may be open, those that are no tables: the log, the
/// manifest, the report, directories, what merges write. Lower, and there are
/// more than was allowed; higher, and tables are opened more often.
const FILES_BESIDE_TABLES: usize = 32;
/// Lower, and files pile up; higher, and one merge takes long.
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// About one false positive in a hundred.
const FILTER_BITS: f64 = 10.0;

/// The settings of the whole database.
pub(crate) fn database_options(shared: &Shared) -> RocksOptions {
    // Files take the space of what is in them; a log would take 70 MiB ahead.
    let mut options = RocksOptions::default()
        .get_options_from_string("allow_fallocate=false")
        .expect("the engine that is linked knows this option");
    options.set_paranoid_checks(true);
    // Of a torn log, what is before the tear; `recovery` sees to it that no
    // more is torn than was unacknowledged.
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    // The manifest says which logs there must be.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_total_wal_size(LOG_BYTES_MAX);
    options.set_db_write_buffer_size(MEMORY_TABLES_BYTES_MAX);
    options.set_max_log_file_size(REPORT_BYTES_MAX);
    options.set_keep_log_file_num(REPORT_COUNT_MAX);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options.set_max_background_jobs(2);
    // More of them are started for each family, however few its files are.
    options.set_max_file_opening_threads(1);
    // Dirty pages reach the disk as they come, not in one wave that a commit
    // would wait for.
    options.set_bytes_per_sync(1024 * 1024);
    options.set_max_open_files(shared.table_count_max);
    options
}

/// The settings for looking without leaving a trace, not even a report.
pub(crate) fn silent_options(shared: &Shared) -> RocksOptions {
    let mut options = database_options(shared);
    options.set_info_logger(InfoLogger::new_callback_logger(LogLevel::Fatal, |_, _| {}));
    options
}

/// How a family is read and written.
enum Use {
    /// Single rows at random.
    Points,
    /// Ranges of small rows.
    Ranges,
    /// One large row for each height.
    Heights,
}

const fn use_of(family: Family) -> Use {
    match family {
        Family::State | Family::Transactions | Family::BlockIds => Use::Points,
        Family::Versions | Family::Events | Family::Meta => Use::Ranges,
        Family::Blocks
        | Family::Certificates
        | Family::Receipts
        | Family::Changes
        | Family::Roots => Use::Heights,
    }
}

/// The settings of one family.
pub(crate) fn family_options(family: Family, cache: &Cache) -> RocksOptions {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    let mut options = RocksOptions::default();
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_bottommost_compression_type(DBCompressionType::Zstd);
    options.set_target_file_size_base(FILE_BYTES);
    options.set_level_compaction_dynamic_level_bytes(true);
    match use_of(family) {
        Use::Points => {
            table.set_bloom_filter(FILTER_BITS, false);
            options.set_memtable_whole_key_filtering(true);
            options.set_memtable_prefix_bloom_ratio(0.02);
            options.set_write_buffer_size(64 * MIB);
        }
        Use::Ranges => options.set_write_buffer_size(64 * MIB),
        Use::Heights => {
            table.set_block_size(16 * 1024);
            options.set_write_buffer_size(32 * MIB);
        }
    }
    options.set_block_based_table_factory(&table);
    options
}

/// What all families share.
pub(crate) struct Shared {
    pub(crate) cache: Cache,
    /// Tables that may be open, as the engine counts them: −1 is all.
    table_count_max: i32,
}

impl Shared {
    pub(crate) fn of(options: &Options) -> Self {
        let bytes = usize::try_from(options.cache.get()).unwrap_or(usize::MAX);
        Self {
            cache: Cache::new_hyper_clock_cache(bytes, 0),
            table_count_max: options.table_count_max(),
        }
    }

    /// For looking once, beside what is open.
    pub(crate) fn small(options: &Options, cache_bytes: usize) -> Self {
        Self {
            cache: Cache::new_lru_cache(cache_bytes),
            table_count_max: options.table_count_max(),
        }
    }
}

impl Options {
    fn table_count_max(&self) -> i32 {
        const ALL: i32 = -1;
        self.open_file_count_max.map_or(ALL, |count| {
            let tables = count.saturating_sub(FILES_BESIDE_TABLES).max(1);
            i32::try_from(tables).unwrap_or(i32::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(open_file_count_max: Option<usize>) -> i32 {
        let options = Options {
            open_file_count_max,
            ..Options::default()
        };
        options.table_count_max()
    }

    #[test]
    fn other_files_than_tables_have_their_share_of_what_may_be_open() {
        assert_eq!(tables(Some(96)), 64);
        assert_eq!(tables(Some(0)), 1);
        assert_eq!(tables(Some(usize::MAX)), i32::MAX);
        assert_eq!(tables(None), -1);
    }
}
