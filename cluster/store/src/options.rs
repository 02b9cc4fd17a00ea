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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache: ByteCount::new(256 * 1024 * 1024),
            reserve: ByteCount::new(1024 * 1024 * 1024),
            index_events: true,
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
/// Lower, and files pile up; higher, and one merge takes long.
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// About one false positive in a hundred.
const FILTER_BITS: f64 = 10.0;

/// The settings of the whole database.
pub(crate) fn database_options() -> RocksOptions {
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
    options
}

/// The settings for looking without leaving a trace, not even a report.
pub(crate) fn silent_options() -> RocksOptions {
    let mut options = database_options();
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

/// The cache that all families share.
pub(crate) fn block_cache(options: &Options) -> Cache {
    let bytes = usize::try_from(options.cache.get()).unwrap_or(usize::MAX);
    Cache::new_hyper_clock_cache(bytes, 0)
}
