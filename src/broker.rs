//! Owns the way from a profile's name to its session, as every command takes it: settings, plan, cache, call, questions.
//! It refuses to hand out anything by itself; the commands do.

use crate::app::App;
use crate::clock::parse_duration;
use crate::credentials::{Executor, Resolved, Want};
use crate::error::{Failure, Result, invalid, usage};
use crate::mfa::AskCode;
use crate::profile::plan::Plan;
use crate::profile::{self, Folder, Profile, Request, Settings, Store};
use crate::session::Session;
use crate::sts::{Sts, StsSettings};
