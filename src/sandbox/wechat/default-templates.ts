import type { SandboxTemplate } from "./templates.ts";

/** The account's default templates: one-time, long-term, with an enum, and the two kinds that can't be sent. */
export const DEFAULT_TEMPLATES: readonly SandboxTemplate[] = [
  {
    priTmplId: "Qm7cT0wVnE2sKxj4ZB9rLd5uYhPoA1iG8fXeR3bN6kM",
    title: "活动提醒",
    content: "活动名称:{{thing1.DATA}}\n活动时间:{{time2.DATA}}\n活动地点:{{thing3.DATA}}\n",
    example: "活动名称:奶茶买一送一\n活动时间:2026年11月27日 10:00\n活动地点:人民广场店\n",
    type: 2,
  },
  {
    priTmplId: "a5Hk_Zt1PqLw9xUoJ3dRvC7mBfYs0NgE6iT8yXcK2hQ",
    title: "订单发货通知",
    content:
      "订单号:{{character_string1.DATA}}\n商品:{{thing2.DATA}}\n金额:{{amount3.DATA}}\n发货日期:{{date4.DATA}}\n收货人:{{name5.DATA}}\n联系电话:{{phone_number6.DATA}}\n",
    example:
      "订单号:SF2026112700012\n商品:挂耳咖啡礼盒\n金额:¥128.00\n发货日期:2026年11月27日\n收货人:张小明\n联系电话:+86-0766-66888866\n",
    type: 2,
  },
  {
    priTmplId: "dW3oN8-yFjR6zKb0VtGp1sXhC9eQ4uLmT7iA5lJvB2Y",
    title: "排队进度提醒",
    content: "排队状态:{{phrase1.DATA}}\n排队号码:{{number2.DATA}}\n餐桌:{{enum_string3.DATA}}\n",
    example: "排队状态:即将到号\n排队号码:16\n餐桌:大桌\n",
    type: 2,
    keywordEnumValueList: [{ keywordCode: "enum_string3", enumValueList: ["小桌", "中桌", "大桌"] }],
  },
  {
    priTmplId: "L2rGv7KcXe5nT9bQ1mYhUo4WjZ0sPdF8iR6xAk3-tNE",
    title: "公交到站提醒",
    content: "线路:{{thing1.DATA}}\n车牌号:{{car_number2.DATA}}\n到站时间:{{time3.DATA}}\n",
    example: "线路:46路 人民广场方向\n车牌号:粤A8Z888挂\n到站时间:10:05\n",
    type: 3,
  },
  {
    priTmplId: "Zk4mB1xQvN7tHc0sLw8EyJr5oUgD3aPfT9iX2eK6_RV",
    title: "设备告警提醒",
    content: "设备名称:{{thing1.DATA}}\n告警内容:{{thing2.DATA}}\n",
    example: "设备名称:门锁\n告警内容:电量不足\n",
    type: 3,
    kind: "device",
  },
  {
    priTmplId: "uT9yX3gJ6bLk1VwZo5nRcE0hQmS8dPf2iA7eKr4NxtM",
    title: "外卖配送通知",
    content: "配送状态:{{thing1.DATA}}\n",
    example: "配送状态:骑手已取餐\n",
    type: 2,
    kind: "card",
  },
];
