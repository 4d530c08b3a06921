//! Owns the drawing of a QR code with half blocks, for any terminal.
//! It refuses colours of its own where there are none: the quiet zone is drawn like the code.

use qrcode::{Color, EcLevel, QrCode};

use crate::error::Result;

/// The empty frame that a phone needs, in modules.
const QUIET: i32 = 4;

/// Draws a text as a QR code, without a line break at its end: light modules are drawn, so that it reads well on a dark terminal; phones read it inverted, too.
/// With `colour` black stands on white wherever.
///
/// # Errors
/// For a text that is too long.
pub fn draw(text: &str, colour: bool) -> Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L)?;
    let width = i32::try_from(code.width())?;
    let is_light = |x: i32, y: i32| match (usize::try_from(x), usize::try_from(y)) {
        (Ok(x), Ok(y)) if x < code.width() && y < code.width() => code[(x, y)] == Color::Light,
        _ => true,
    };
    let mut rows = Vec::new();
    for y in (-QUIET..width + QUIET).step_by(2) {
        let row: String = (-QUIET..width + QUIET)
            .map(|x| match (is_light(x, y), is_light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect();
        rows.push(if colour { format!("\u{1b}[97;40m{row}\u{1b}[0m") } else { row });
    }
    Ok(rows.join("\n"))
}
